include: "leakage_inputs.smk"


rule evaluate_leakage:
    input:
        predictions=of_each("results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet", TRIED),
        models=of_each("results/{dataset}/training/{split}/{network}/seed{seed}/model.keras", TRIED),
        duplicates=[f"results/{dataset}/designs/splits/{split}.duplicates.json" for dataset, split in TRIED],
        audits=[f"results/{dataset}/designs/splits/{split}.audit.json" for dataset, split in TRIED],
    output:
        dose=f"results/{LEAKAGE_DATASET}/judgement/leakage/tables/dose.csv",
        dial=f"results/{LEAKAGE_DATASET}/judgement/leakage/tables/dial.csv",
        leaks=f"results/{LEAKAGE_DATASET}/judgement/leakage/tables/leaks.csv",
    log:
        f"logs/{LEAKAGE_DATASET}/evaluate_leakage.log",
    benchmark:
        f"logs/{LEAKAGE_DATASET}/evaluate_leakage.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        options=STUDY.evaluation.canonical(),
        dataset=LEAKAGE_DATASET,
        tried=[f"{dataset}/{split}" for dataset, split in TRIED],
        doses=list(STUDY.leakage.doses),
        splits=[STUDY.splits.named[split].canonical() for _, split in TRIED],
        overlaps=[overlap_of(split) for _, split in TRIED],
        dialled=list(DIALLED.values()),
        confounding=list(DIALLED),
        dial=list(STUDY.leakage.dial),
        code=code_digest("evaluate_leakage.py"),
    message:
        "Judging what leakage is worth: {params.dataset}"
    script:
        "../scripts/evaluate_leakage.py"


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
