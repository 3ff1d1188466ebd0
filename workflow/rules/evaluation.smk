def all_predictions(wildcards):
    """Prediction tables of every split, network and seed of the study."""
    return expand(
        "results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet",
        dataset=wildcards.dataset,
        split=STUDY.study.splits,
        network=NETWORKS,
        seed=STUDY.study.seeds,
    )


def pressure_limits():
    """Accepted pressures of the first split's windowing, as canonical JSON: bins are counted from there."""
    windows = STUDY.windowings[windowing_of(STUDY.study.splits[0])]
    return json.dumps({"SBP": windows.sbp_range, "DBP": windows.dbp_range})


rule evaluate_predictions:
    message:
        "Judging predictions: {wildcards.dataset}"
    input:
        predictions=all_predictions,
        reference=str(Path(workflow.basedir) / "resources" / "reference_results.csv"),
    output:
        overall="results/{dataset}/evaluation/overall.csv",
        mae="results/{dataset}/evaluation/mae.csv",
        bins="results/{dataset}/evaluation/bins.csv",
        tests="results/{dataset}/evaluation/tests.csv",
        table1="results/{dataset}/evaluation/table1.csv",
        table1_text="results/{dataset}/evaluation/table1.md",
    params:
        options=STUDY.evaluation.canonical(),
        splits=list(STUDY.study.splits),
        limits=pressure_limits(),
        code=code_digest("evaluate_predictions.py"),
    log:
        "logs/{dataset}/evaluate_predictions.log",
    benchmark:
        "logs/{dataset}/evaluate_predictions.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    script:
        "../scripts/evaluate_predictions.py"
