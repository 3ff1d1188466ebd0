include: "report_inputs.smk"


rule write_report:
    input:
        unpack(report_files),
    output:
        "results/report.html",
    log:
        "logs/write_report.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        title=f"Report of the study: {STUDY.study.dataset}",
        about=json.dumps(ABOUT),
        benchmarks=job_times,
        templates=PAGE_TEMPLATES,
        code=code_digest("write_report.py"),
    message:
        "Writing the report of the study: results/report.html"
    script:
        "../scripts/write_report.py"


rule pick_examples:
    input:
        quality="results/{dataset}/windows/{windowing}.quality.csv",
        records=lambda wildcards: [
            f"results/{wildcards.dataset}/records/{shard}{fetched_ending(wildcards)}.csv"
            for shard in shards(wildcards.dataset)
        ],
    output:
        "results/{dataset}/windows/{windowing}.examples.csv",
    log:
        "logs/{dataset}/pick_examples/{windowing}.log",
    benchmark:
        "logs/{dataset}/pick_examples/{windowing}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(STUDY.snakemake.shard_mem_mb),
        runtime=growing(60),
    params:
        options=lambda wildcards: entry(STUDY.windowings, wildcards.windowing).canonical(),
        records=lambda wildcards: records_of(wildcards).reading(),
        code=source_code("pick_examples.py"),
    message:
        "Picking windows to show: {wildcards.dataset}, {wildcards.windowing}"
    script:
        "../scripts/pick_examples.py"


rule write_card:
    input:
        run="results/{dataset}/training/{split}/{network}/seed{seed}/run.json",
        history="results/{dataset}/training/{split}/{network}/seed{seed}/history.csv",
        predictions="results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet",
        audit="results/{dataset}/designs/splits/{split}.audit.json",
    output:
        "results/{dataset}/training/{split}/{network}/seed{seed}/model_card.md",
    log:
        "logs/{dataset}/write_card/{split}/{network}_seed{seed}.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        options=STUDY.evaluation.canonical(),
        windows=lambda wildcards: STUDY.windowings[windowing_of(wildcards.split)].canonical(),
        people=lambda wildcards: people_in(STUDY, wildcards.dataset),
        source=lambda wildcards: records_of(wildcards).source,
        templates=PAGE_TEMPLATES,
        code=code_digest("write_card.py"),
    message:
        "Writing a model card: {wildcards.network}, {wildcards.dataset}, {wildcards.split}, seed {wildcards.seed}"
    script:
        "../scripts/write_card.py"
