rule judge_predictions:
    input:
        predictions=judged_predictions,
        leaks=lambda wildcards: audited(wildcards) if wildcards.judged == "splits" else [],
    output:
        page="results/{dataset}/judgement/{judged}/judgement.html",
        tables=expand("results/{{dataset}}/judgement/{{judged}}/tables/{table}.csv", table=JUDGED_TABLES),
    log:
        "logs/{dataset}/judge_predictions/{judged}.log",
    benchmark:
        "logs/{dataset}/judge_predictions/{judged}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        options=STUDY.evaluation.canonical(),
        limits=pressure_limits(),
        templates=PAGE_TEMPLATES,
        code=code_digest("judge_predictions.py"),
    message:
        "Judging against doing nothing: {wildcards.dataset}, {wildcards.judged}"
    script:
        "../scripts/judge_predictions.py"
