include: "leakage_inputs.smk"


rule evaluate_leakage:
    input:
        predictions=leakage_files("results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet", TRIED),
        models=leakage_files("results/{dataset}/training/{split}/{network}/seed{seed}/model.keras", TRIED),
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
        mem_mb=growing(4000),
        runtime=growing(60),
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
