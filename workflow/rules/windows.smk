rule cut_windows:
    input:
        records=records_to_cut,
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
        mem_mb=growing(STUDY.snakemake.shard_mem_mb),
        runtime=growing(240),
        connections=connections_to_cut,
    params:
        options=lambda wildcards: entry(STUDY.windowings, wildcards.windowing).canonical(),
        records=lambda wildcards: records_of(wildcards).reading(),
        code=source_code("cut_windows.py"),
    message:
        "Cutting windows: {wildcards.dataset}, {wildcards.windowing}, {wildcards.shard}"
    script:
        "../scripts/cut_windows.py"


rule join_windows:
    input:
        shards=lambda wildcards: expand(
            "results/{{dataset}}/windows/{{windowing}}/{shard}.parquet",
            shard=shards(wildcards.dataset),
        ),
        quality=renamed_subjects,
    output:
        "results/{dataset}/windows/{windowing}.parquet",
    log:
        "logs/{dataset}/join_windows/{windowing}.log",
    localrule: True
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        code=code_digest("join_windows.py"),
    message:
        "Joining the windows' index: {wildcards.dataset}, {wildcards.windowing}"
    script:
        "../scripts/join_windows.py"


rule join_quality:
    input:
        shards=lambda wildcards: expand(
            "results/{{dataset}}/windows/{{windowing}}/{shard}.quality.csv",
            shard=shards(wildcards.dataset),
        ),
        people=people_file("records.csv"),
    output:
        report(
            "results/{dataset}/windows/{windowing}.quality.csv",
            caption="../report/quality.rst",
            category="Quality",
            labels={"data set": "{dataset}", "windowing": "{windowing}"},
        ),
    log:
        "logs/{dataset}/join_quality/{windowing}.log",
    localrule: True
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        naming=lambda wildcards: records_of(wildcards).naming(),
        code=code_digest("join_quality.py"),
    message:
        "Joining the quality tables: {wildcards.dataset}, {wildcards.windowing}"
    script:
        "../scripts/join_quality.py"
