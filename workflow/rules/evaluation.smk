def all_predictions(wildcards):
    """Prediction tables of every split, network and seed of the study."""
    return expand(
        "results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet",
        dataset=wildcards.dataset,
        split=STUDY.study.splits,
        network=NETWORKS,
        seed=STUDY.study.seeds,
    )


rule evaluate_predictions:
    message:
        "Judging predictions: {wildcards.dataset}"
    input:
        predictions=all_predictions,
        reference=workflow.source_path("../../resources/reference_results.csv"),
    output:
        mae="results/{dataset}/evaluation/mae.csv",
        bins="results/{dataset}/evaluation/bins.csv",
        tests="results/{dataset}/evaluation/tests.csv",
        table="results/{dataset}/tables/table1.csv",
        markdown="results/{dataset}/tables/table1.md",
    params:
        options=STUDY.evaluation.canonical(),
        networks=NETWORKS,
        splits=list(STUDY.study.splits),
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
