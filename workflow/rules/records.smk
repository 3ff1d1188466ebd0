rule list_records:
    input:
        raw=raw_records,
    output:
        "results/{dataset}/records/{shard}.csv",
    log:
        "logs/{dataset}/list_records/{shard}.log",
    benchmark:
        "logs/{dataset}/list_records/{shard}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=STUDY.snakemake.shard_mem_mb,
        runtime=60,
    params:
        options=lambda wildcards: named(STUDY.datasets, wildcards.dataset).records.canonical(),
        listing=folder_listing,
        code=code_digest("list_records.py"),
    message:
        "Listing records: {wildcards.dataset}, {wildcards.shard}"
    script:
        "../scripts/list_records.py"


rule join_records:
    input:
        lambda wildcards: expand("results/{{dataset}}/records/{shard}.csv", shard=shards(wildcards.dataset)),
    output:
        "results/{dataset}/records.csv",
    log:
        "logs/{dataset}/join_records.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_digest("join_tables.py"),
    message:
        "Joining the tables of records: {wildcards.dataset}"
    script:
        "../scripts/join_tables.py"
