include: "external_inputs.smk"


wildcard_constraints:
    trained="[A-Za-z]\\w*",


rule audit_external:
    input:
        trained="results/{trained}/designs/splits/{split}.parquet",
        tested="results/{dataset}/designs/splits/{split}.parquet",
        train="results/{trained}/designs/splits/{split}/train.zarr.zip",
        test="results/{dataset}/designs/splits/{split}/test.zarr.zip",
    output:
        audit="results/{dataset}/designs/external/{split}/{trained}.audit.json",
    log:
        "logs/{dataset}/audit_external/{split}_{trained}.log",
    benchmark:
        "logs/{dataset}/audit_external/{split}_{trained}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        windows=lambda wildcards: STUDY.windowings[windowing_of(wildcards.split)].canonical(),
        threshold=lambda wildcards: entry(STUDY.splits.named, wildcards.split).duplicate_correlation,
        leakage=STUDY.external.leakage,
        code=code_digest("audit_external.py"),
    message:
        "Auditing leaks: trained on {wildcards.trained}, tested on {wildcards.dataset}"
    script:
        "../scripts/audit_external.py"


rule predict_external:
    input:
        audit="results/{dataset}/designs/external/{split}/{trained}.audit.json",
        manifest="results/{dataset}/designs/splits/{split}.parquet",
        train="results/{dataset}/designs/splits/{split}/train.zarr.zip",
        test="results/{dataset}/designs/splits/{split}/test.zarr.zip",
        model="results/{trained}/training/{split}/{network}/seed{seed}/model.keras",
    output:
        predictions=f"{EXTERNAL_FOLDER}/predictions.parquet",
        lines=f"{EXTERNAL_FOLDER}/lines.csv",
    log:
        "logs/{dataset}/predict_external/{split}_{trained}/{network}_seed{seed}.log",
    benchmark:
        "logs/{dataset}/predict_external/{split}_{trained}/{network}_seed{seed}.tsv"
    conda:
        NETWORK_ENVIRONMENT
    threads: STUDY.snakemake.threads
    resources:
        mem_mb=growing(STUDY.snakemake.training_mem_mb),
        runtime=growing(240),
        gpu=1 if STUDY.snakemake.gpu else 0,
    params:
        people=STUDY.external.people,
        seed=STUDY.external.seed,
        windows=lambda wildcards: STUDY.windowings[windowing_of(wildcards.split)].canonical(),
        backend=lambda wildcards: training_of(wildcards).backend,
        threads=lambda wildcards: training_of(wildcards).threads,
        architecture=architecture_of,
        code=network_code("predict_external.py"),
    message:
        "Predicting {wildcards.dataset} with {wildcards.network} of {wildcards.trained}, seed {wildcards.seed}"
    script:
        "../scripts/predict_external.py"


use rule judge as judge_external with:
    input:
        own=[path for _, path in own_predictions()],
        predictions=external_files("predictions.parquet"),
        lines=external_files("lines.csv"),
        audits=[
            f"results/{tested}/designs/external/{EXTERNAL_SPLIT}/{origin}.audit.json"
            for origin, tested in EXTERNAL_PAIRS
        ],
        leaks=[f"results/{name}/designs/splits/{EXTERNAL_SPLIT}.leaks.csv" for name in EXTERNAL_DATASETS],
    output:
        expand(judged_tables("external", ["mae", "transfer", "leaks", "lines"]), dataset=STUDY.study.dataset),
    log:
        f"logs/{STUDY.study.dataset}/judge_external.log",
    benchmark:
        f"logs/{STUDY.study.dataset}/judge_external.tsv"
    params:
        arm="external",
        options=STUDY.evaluation.canonical(),
        dataset=STUDY.study.dataset,
        datasets=EXTERNAL_DATASETS,
        owners=[name for name, _ in own_predictions()],
        code=judging_code("external"),
    message:
        "Judging networks on data sets that they were not trained on"
