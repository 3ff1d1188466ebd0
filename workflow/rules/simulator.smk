def simulated_subjects(wildcards):
    """Numbers of the subjects of a shard."""
    dataset = named(STUDY.datasets, wildcards.dataset)
    return [
        number
        for number in range(1, dataset.simulator.subjects + 1)
        if f"shard{shard_of(subject_name(number), dataset.records.shards):03d}" == wildcards.shard
    ]


def simulator_options(wildcards):
    """Options of the simulator, without the number of subjects: adding one changes no other."""
    options = named(STUDY.datasets, wildcards.dataset).simulator.model_dump(mode="json")
    return json.dumps({key: value for key, value in options.items() if key != "subjects"}, sort_keys=True)


rule simulate_records:
    message:
        "Simulating recordings: {wildcards.dataset}, {wildcards.shard}"
    output:
        "results/{dataset}/raw/{shard}.csv",
    params:
        subjects=simulated_subjects,
        options=simulator_options,
        code=code_digest("simulate_records.py"),
    log:
        "logs/{dataset}/simulate_records/{shard}.log",
    benchmark:
        "logs/{dataset}/simulate_records/{shard}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=STUDY.snakemake.shard_mem_mb,
        runtime=60,
    script:
        "../scripts/simulate_records.py"
