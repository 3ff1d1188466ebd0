include: "leakage_inputs.smk"


use rule judge as judge_leakage with:
    input:
        predictions=of_each("results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet", TRIED),
        models=of_each("results/{dataset}/training/{split}/{network}/seed{seed}/model.keras", TRIED),
        duplicates=[f"results/{dataset}/designs/splits/{split}.duplicates.json" for dataset, split in TRIED],
        audits=[f"results/{dataset}/designs/splits/{split}.audit.json" for dataset, split in TRIED],
    output:
        expand(judged_tables("leakage", ["dose", "dial", "leaks"]), dataset=LEAKAGE_DATASET),
    log:
        f"logs/{LEAKAGE_DATASET}/judge_leakage.log",
    benchmark:
        f"logs/{LEAKAGE_DATASET}/judge_leakage.tsv"
    params:
        arm="leakage",
        options=STUDY.evaluation.canonical(),
        dataset=LEAKAGE_DATASET,
        tried=[f"{dataset}/{split}" for dataset, split in TRIED],
        doses=list(STUDY.leakage.doses),
        splits=[STUDY.splits.named[split].canonical() for _, split in TRIED],
        overlaps=[overlap_of(split) for _, split in TRIED],
        dialled=list(DIALLED.values()),
        confounding=list(DIALLED),
        dial=list(STUDY.leakage.dial),
        code=judging_code("leakage"),
    message:
        "Judging what leakage is worth: {params.dataset}"


rule plot_fig_leakage:
    input:
        dose="results/{dataset}/judgement/leakage/tables/dose.csv",
        dial="results/{dataset}/judgement/leakage/tables/dial.csv",
    output:
        pdf="results/{dataset}/figures/fig_leakage.pdf",
        png="results/{dataset}/figures/fig_leakage.png",
    log:
        "logs/{dataset}/plot_fig_leakage.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        options=FIGURE_OPTIONS,
        code=code_digest("plot_fig_leakage.py"),
    message:
        "Plotting what leakage is worth: {wildcards.dataset}"
    script:
        "../scripts/plot_fig_leakage.py"
