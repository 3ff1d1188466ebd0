def report_files(wildcards):
    """What the study's report is made of: what is configured, by the names that `collect_report` knows."""
    results, splits = f"results/{STUDY.study.dataset}", list(STUDY.study.splits)
    judged = f"{results}/judgement/splits/tables"
    files = {
        "quality": f"{results}/windows/{windowing_of(splits[0])}.quality.csv",
        "audits": [f"{results}/designs/splits/{split}.audit.json" for split in splits],
        "leaks": all_audits(wildcards),
        "overall": f"{results}/judgement/splits/tables/overall.csv",
        "skill": f"{judged}/skill.csv",
        "standards": f"{judged}/standards.csv",
        "table1": f"{results}/judgement/table1.csv",
        "figures": [f"{Path(pdf).with_suffix('.png')}" for pdf in all_figures(wildcards)],
        "runs": expand(
            f"{results}/training/{{split}}/{{network}}/seed{{seed}}/run.json",
            split=splits,
            network=NETWORKS,
            seed=STUDY.study.seeds,
        ),
    }
    if WITH_PERSONALIZATION:
        files |= {
            "personal_audits": [f"{results}/designs/personalization/{protocol}/audit.json" for protocol in PROTOCOLS],
            "personal_skill": f"{results}/judgement/personalization/tables/method_skill.csv",
        }
    if WITH_LEAKAGE:
        of_leakage = f"results/{LEAKAGE_DATASET}/judgement/leakage/tables"
        files |= {"leakage": f"{of_leakage}/dose.csv", "confounding": f"{of_leakage}/dial.csv"}
    if rppg_targets("tables"):
        files |= {
            "camera_quality": f"{results}/camera/quality.csv",
            "camera_audit": f"{results}/designs/camera/folds.audit.json",
            "camera_skill": f"{results}/judgement/camera/tables/method_skill.csv",
            "table2": f"{results}/judgement/table2.csv",
        }
    return files


def job_times(wildcards):
    """Folders of the times that jobs took: of the study's data set, and of those of the dose-response of leakage."""
    tried = [dataset for dataset, _ in TRIED] if WITH_LEAKAGE else []
    return [f"logs/{dataset}" for dataset in dict.fromkeys([STUDY.study.dataset, *tried])]


def model_cards(wildcards):
    """Cards of all networks of the study."""
    return expand(
        "results/{dataset}/training/{split}/{network}/seed{seed}/model_card.md",
        dataset=STUDY.study.dataset,
        split=STUDY.study.splits,
        network=NETWORKS,
        seed=STUDY.study.seeds,
    )
