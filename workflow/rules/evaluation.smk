rule evaluate_predictions:
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
    log:
        "logs/{dataset}/evaluate_predictions.log",
    benchmark:
        "logs/{dataset}/evaluate_predictions.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        options=STUDY.evaluation.canonical(),
        splits=list(STUDY.study.splits),
        limits=pressure_limits(),
        code=code_digest("evaluate_predictions.py"),
    message:
        "Judging predictions: {wildcards.dataset}"
    script:
        "../scripts/evaluate_predictions.py"
