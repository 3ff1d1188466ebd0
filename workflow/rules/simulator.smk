include: "records_inputs.smk"


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
        mem_mb=growing(STUDY.snakemake.shard_mem_mb),
        runtime=growing(60),
    params:
        subjects=simulated_subjects,
        options=simulator_options,
        code=code_digest("simulate_records.py"),
    message:
        "Simulating recordings: {wildcards.dataset}, {wildcards.shard}"
    script:
        "../scripts/simulate_records.py"
