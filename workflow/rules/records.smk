def raw_records(wildcards):
    """What is read: a list of simulated recordings, or nothing that Snakemake knows (a local folder)."""
    if named(STUDY.datasets, wildcards.dataset).records.source == "simulator":
        return f"results/{wildcards.dataset}/raw/{wildcards.shard}.csv"
    return []


def folder_listing(wildcards):
    """Digest of names and sizes of a shard's files, so that a new recording is noticed."""
    options = named(STUDY.datasets, wildcards.dataset).records
    if options.source == "simulator":
        return ""
    return shard_listing(options, int(wildcards.shard.removeprefix("shard")))


rule list_records:
    message:
        "Listing records: {wildcards.dataset}, {wildcards.shard}"
    input:
        raw=raw_records,
    output:
        "results/{dataset}/records/{shard}.csv",
    params:
        options=lambda wildcards: named(STUDY.datasets, wildcards.dataset).records.canonical(),
        listing=folder_listing,
        code=code_digest("list_records.py"),
    log:
        "logs/{dataset}/list_records/{shard}.log",
    benchmark:
        "logs/{dataset}/list_records/{shard}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=STUDY.snakemake.shard_mem_mb,
        runtime=60,
    script:
        "../scripts/list_records.py"


rule join_records:
    message:
        "Joining the tables of records: {wildcards.dataset}"
    input:
        lambda wildcards: expand("results/{{dataset}}/records/{shard}.csv", shard=shards(wildcards.dataset)),
    output:
        "results/{dataset}/records.csv",
    params:
        code=code_digest("join_tables.py"),
    log:
        "logs/{dataset}/join_records.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/join_tables.py"
