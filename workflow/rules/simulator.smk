rule simulate_records:
    output:
        "results/{dataset}/raw/{shard}.csv",
    log:
        "logs/{dataset}/simulate_records/{shard}.log",
    benchmark:
        "logs/{dataset}/simulate_records/{shard}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: STUDY.snakemake.shard_mem_mb * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        subjects=simulated_subjects,
        options=simulator_options,
        code=code_digest("simulate_records.py"),
    message:
        "Simulating recordings: {wildcards.dataset}, {wildcards.shard}"
    script:
        "../scripts/simulate_records.py"
