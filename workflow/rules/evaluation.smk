include: "judgement_inputs.smk"


rule evaluate_predictions:
    input:
        predictions=all_predictions,
        leaks=audited,
    output:
        overall="results/{dataset}/judgement/splits/tables/overall.csv",
        mae="results/{dataset}/judgement/splits/tables/seeds.csv",
        bins="results/{dataset}/judgement/splits/tables/split_bins.csv",
        tests="results/{dataset}/judgement/splits/tables/contrasts.csv",
    log:
        "logs/{dataset}/evaluate_predictions.log",
    benchmark:
        "logs/{dataset}/evaluate_predictions.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        options=STUDY.evaluation.canonical(),
        splits=list(STUDY.study.splits),
        networks=NETWORKS,
        limits=pressure_limits(),
        code=code_digest("evaluate_predictions.py"),
    message:
        "Judging predictions: {wildcards.dataset}"
    script:
        "../scripts/evaluate_predictions.py"


rule write_table1:
    input:
        overall="results/{dataset}/judgement/splits/tables/overall.csv",
        personal=personalization_overall,
        audits=split_audits,
    output:
        csv="results/{dataset}/judgement/table1.csv",
        md="results/{dataset}/judgement/table1.md",
    log:
        "logs/{dataset}/write_table1.log",
    benchmark:
        "logs/{dataset}/write_table1.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        options=STUDY.evaluation.canonical(),
        reference=file_digest(Path(workflow.basedir) / REFERENCE),
        code=code_digest("write_table1.py"),
    message:
        "Writing Table 1: {wildcards.dataset}"
    script:
        "../scripts/write_table1.py"
