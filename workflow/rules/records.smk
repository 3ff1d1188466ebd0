rule fetch_index:
    output:
        "results/{dataset}/records/index.json",
    log:
        "logs/{dataset}/fetch_index.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(240),
        connections=connections_to_list,
    params:
        database=lambda wildcards: records_of(wildcards).database,
        resolve=lambda wildcards: records_of(wildcards).resolve,
        code=code_digest("fetch_index.py", (), TRANSPORT),
    message:
        "Fetching the database's index: {wildcards.dataset}"
    script:
        "../scripts/fetch_index.py"


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
        mem_mb=growing(STUDY.snakemake.shard_mem_mb),
        runtime=growing(240),
        connections=connections_to_list,
    params:
        options=lambda wildcards: records_of(wildcards).choosing(),
        listing=folder_listing,
        code=source_code("list_records.py"),
    message:
        "Listing records: {wildcards.dataset}, {wildcards.shard}"
    script:
        "../scripts/list_records.py"


rule fetch_records:
    input:
        "results/{dataset}/records/{shard}.csv",
    output:
        "results/{dataset}/records/{shard}.fetched.csv",
    log:
        "logs/{dataset}/fetch_records/{shard}.log",
    benchmark:
        "logs/{dataset}/fetch_records/{shard}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(1440),
        connections=connections_to_fetch,
    params:
        records=lambda wildcards: records_of(wildcards).reading(),
        code=code_digest("fetch_records.py"),
    message:
        "Fetching signals: {wildcards.dataset}, {wildcards.shard}"
    script:
        "../scripts/fetch_records.py"


rule join_records:
    input:
        lambda wildcards: expand("results/{{dataset}}/records/{shard}.csv", shard=shards(wildcards.dataset)),
    output:
        records="results/{dataset}/records.csv",
        people="results/{dataset}/people.json",
    log:
        "logs/{dataset}/join_records.log",
    localrule: True
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        options=lambda wildcards: records_of(wildcards).identifying(),
        table=lambda wildcards: table_of_people(wildcards.dataset),
        code=code_digest("join_records.py"),
    message:
        "Joining the tables of records: {wildcards.dataset}"
    script:
        "../scripts/join_records.py"
