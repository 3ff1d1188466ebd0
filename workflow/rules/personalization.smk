include: "personalization_inputs.smk"


rule sample_plan:
    input:
        index=lambda wildcards: f"results/{wildcards.dataset}/windows/{windowing_of(split_of(wildcards.protocol))}.parquet",
        manifest=lambda wildcards: f"results/{wildcards.dataset}/designs/splits/{split_of(wildcards.protocol)}.parquet",
    output:
        plan="results/{dataset}/designs/personalization/{protocol}/windows.parquet",
        audit="results/{dataset}/designs/personalization/{protocol}/audit.json",
    log:
        "logs/{dataset}/sample_plan/{protocol}.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        options=lambda wildcards: protocol_of(wildcards).drawing(),
        code=code_digest("sample_plan.py", BUDGETS),
    message:
        "Sampling subjects to personalize: {wildcards.dataset}, {wildcards.protocol}"
    script:
        "../scripts/sample_plan.py"


rule materialize_plan:
    input:
        plan="results/{dataset}/designs/personalization/{protocol}/windows.parquet",
        windows=lambda wildcards: expand(
            "results/{dataset}/windows/{windowing}/{shard}.zarr.zip",
            dataset=wildcards.dataset,
            windowing=windowing_of(split_of(wildcards.protocol)),
            shard=shards(wildcards.dataset),
        ),
    output:
        windows="results/{dataset}/designs/personalization/{protocol}/windows.zarr.zip",
    log:
        "logs/{dataset}/materialize_plan/{protocol}.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_digest("materialize_plan.py"),
    message:
        "Writing the windows of the sampled subjects: {wildcards.dataset}, {wildcards.protocol}"
    script:
        "../scripts/materialize_plan.py"


rule personalize_network:
    input:
        plan="results/{dataset}/designs/personalization/{protocol}/windows.parquet",
        windows="results/{dataset}/designs/personalization/{protocol}/windows.zarr.zip",
        model=model_to_personalize,
    output:
        predictions="results/{dataset}/finetuning/personalization/{protocol}/{network}/seed{seed}/predictions.parquet",
        fits="results/{dataset}/finetuning/personalization/{protocol}/{network}/seed{seed}/fits.csv",
        run="results/{dataset}/finetuning/personalization/{protocol}/{network}/seed{seed}/run.json",
    log:
        "logs/{dataset}/personalize_network/{protocol}/{network}_seed{seed}.log",
    benchmark:
        "logs/{dataset}/personalize_network/{protocol}/{network}_seed{seed}.tsv"
    conda:
        NETWORK_ENVIRONMENT
    threads: STUDY.snakemake.threads
    resources:
        mem_mb=growing(STUDY.snakemake.training_mem_mb),
        runtime=growing(720),
        gpu=1 if STUDY.snakemake.gpu else 0,
    params:
        options=lambda wildcards: protocol_of(wildcards).tuning(),
        backend=lambda wildcards: entry(STUDY.networks, wildcards.network).training.backend,
        threads=lambda wildcards: entry(STUDY.networks, wildcards.network).training.threads,
        split=lambda wildcards: split_of(wildcards.protocol),
        arm="personalization",
        architecture=architecture_of,
        code=network_code("finetune_network.py", BUDGETS),
    message:
        "Personalizing: {wildcards.network}, {wildcards.dataset}, {wildcards.protocol}, seed {wildcards.seed}"
    script:
        "../scripts/finetune_network.py"


use rule judge as judge_personalization with:
    input:
        plans=expand("results/{{dataset}}/designs/personalization/{protocol}/windows.parquet", protocol=PROTOCOLS),
        audits=expand("results/{{dataset}}/designs/personalization/{protocol}/audit.json", protocol=PROTOCOLS),
        manifests=[f"results/{{dataset}}/designs/splits/{protocol.split}.parquet" for protocol in PROTOCOLS.values()],
        predictions=expand(
            "results/{{dataset}}/finetuning/personalization/{protocol}/{network}/seed{seed}/predictions.parquet",
            protocol=PROTOCOLS,
            network=PERSONALIZED,
            seed=STUDY.study.seeds,
        ),
        runs=expand(
            "results/{{dataset}}/finetuning/personalization/{protocol}/{network}/seed{seed}/run.json",
            protocol=PROTOCOLS,
            network=PERSONALIZED,
            seed=STUDY.study.seeds,
        ),
    output:
        judged_tables(
            "personalization",
            ["mae", "method_skill", "contrasts", "subject_boxes", "subject_ks", "drift", "overall"],
        ),
        summary="results/{dataset}/judgement/personalization/summary.md",
    log:
        "logs/{dataset}/judge_personalization.log",
    benchmark:
        "logs/{dataset}/judge_personalization.tsv"
    params:
        arm="personalization",
        options=STUDY.evaluation.canonical(),
        names=list(PROTOCOLS),
        protocols=[protocol.canonical() for protocol in PROTOCOLS.values()],
        reference=file_digest(Path(workflow.basedir) / SIGNIFICANCE),
        code=judging_code("personalization", *BUDGETS),
