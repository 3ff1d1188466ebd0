rule cut_windows:
    input:
        records="results/{dataset}/records/{shard}.csv",
    output:
        windows="results/{dataset}/windows/{windowing}/{shard}.zarr.zip",
        index="results/{dataset}/windows/{windowing}/{shard}.parquet",
        quality="results/{dataset}/windows/{windowing}/{shard}.quality.csv",
    log:
        "logs/{dataset}/cut_windows/{windowing}/{shard}.log",
    benchmark:
        "logs/{dataset}/cut_windows/{windowing}/{shard}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=STUDY.snakemake.shard_mem_mb,
        runtime=120,
    params:
        options=lambda wildcards: named(STUDY.windowings, wildcards.windowing).canonical(),
        records=lambda wildcards: named(STUDY.datasets, wildcards.dataset).records.reading(),
        code=code_digest("cut_windows.py"),
    message:
        "Cutting windows: {wildcards.dataset}, {wildcards.windowing}, {wildcards.shard}"
    script:
        "../scripts/cut_windows.py"


rule join_windows:
    input:
        lambda wildcards: expand(
            "results/{{dataset}}/windows/{{windowing}}/{shard}.parquet",
            shard=shards(wildcards.dataset),
        ),
    output:
        "results/{dataset}/windows/{windowing}.parquet",
    log:
        "logs/{dataset}/join_windows/{windowing}.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        code=code_digest("join_tables.py"),
    message:
        "Joining the windows' index: {wildcards.dataset}, {wildcards.windowing}"
    script:
        "../scripts/join_tables.py"


rule join_quality:
    input:
        lambda wildcards: expand(
            "results/{{dataset}}/windows/{{windowing}}/{shard}.quality.csv",
            shard=shards(wildcards.dataset),
        ),
    output:
        report(
            "results/{dataset}/windows/{windowing}.quality.csv",
            caption="../report/quality.rst",
            category="Quality",
            labels={"data set": "{dataset}", "windowing": "{windowing}"},
        ),
    log:
        "logs/{dataset}/join_quality/{windowing}.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_digest("join_tables.py"),
    message:
        "Joining the quality tables: {wildcards.dataset}, {wildcards.windowing}"
    script:
        "../scripts/join_tables.py"
