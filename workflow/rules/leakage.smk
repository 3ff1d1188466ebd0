include: "leakage_inputs.smk"


use rule judge as judge_leakage with:
    input:
        predictions=leakage_files("results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet", TRIED),
        models=leakage_files("results/{dataset}/training/{split}/{network}/seed{seed}/model.keras", TRIED),
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
