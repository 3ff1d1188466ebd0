include: "judgement_inputs.smk"


rule judge:
    log:
        "logs/judge.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    message:
        "Judging: {params.arm}, {wildcards.dataset}"
    script:
        "../scripts/judge.py"


use rule judge as judge_splits with:
    input:
        predictions=all_predictions,
        leaks=audited,
    output:
        judged_tables("splits", ["overall", "seeds", "contrasts", *JUDGED_TABLES]),
        page="results/{dataset}/judgement/splits/judgement.html",
    log:
        "logs/{dataset}/judge_splits.log",
    benchmark:
        "logs/{dataset}/judge_splits.tsv"
    params:
        arm="splits",
        options=STUDY.evaluation.canonical(),
        splits=list(STUDY.study.splits),
        about=lambda wildcards: whose_page(wildcards.dataset, people_in(STUDY, wildcards.dataset)),
        limits=pressure_limits(),
        templates=PAGE_TEMPLATES,
        code=judging_code("splits", *PAGE_CODE),


rule write_table:
    log:
        "logs/write_table.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Writing Table {params.table}: {wildcards.dataset}"
    script:
        "../scripts/write_paper_table.py"


use rule write_table as write_table1 with:
    input:
        overall=lambda wildcards: [
            f"results/{wildcards.dataset}/judgement/splits/tables/overall.csv",
            *personalization_overall(wildcards),
        ],
        audits=split_audits,
    output:
        csv="results/{dataset}/judgement/table1.csv",
        md="results/{dataset}/judgement/table1.md",
    log:
        "logs/{dataset}/write_table1.log",
    benchmark:
        "logs/{dataset}/write_table1.tsv"
    params:
        table=1,
        options=STUDY.evaluation.canonical(),
        reference=file_digest(Path(workflow.basedir) / REFERENCE),
        code=code_digest("write_paper_table.py"),
