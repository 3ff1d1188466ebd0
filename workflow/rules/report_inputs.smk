ABOUT = describe_study(STUDY, config, files=workflow.configfiles, overridden=bool(workflow.config_settings.config))


def report_files(wildcards):
    """Files of the report: those of the active arms, by the keys of `collect_report`."""
    results, splits = f"results/{STUDY.study.dataset}", list(STUDY.study.splits)
    judged = f"{results}/judgement/splits/tables"
    files = {
        "quality": f"{results}/windows/{windowing_of(splits[0])}.quality.csv",
        "examples": f"{results}/windows/{windowing_of(splits[0])}.examples.csv",
        "audits": [f"{results}/designs/splits/{split}.audit.json" for split in splits],
        "leaks": audit_targets(wildcards),
        "overall": f"{results}/judgement/splits/tables/overall.csv",
        "skill": f"{judged}/skill.csv",
        "standards": f"{judged}/standards.csv",
        "intervals": f"{judged}/intervals.csv",
        "events": f"{judged}/events.csv",
        "dependence": f"{judged}/dependence.csv",
        "table1": f"{results}/judgement/table1.csv",
        "figures": [f"results/figures/{name}.png" for name in figures_of(STUDY)],
        "runs": trained_in_folds("run.json", STUDY.study.dataset),
    }
    if "personalization" in ACTIVE_ARMS:
        files |= {
            "personal_audits": [f"{results}/designs/personalization/{protocol}/audit.json" for protocol in PROTOCOLS],
            "personal_skill": f"{results}/judgement/personalization/tables/method_skill.csv",
        }
    if "leakage" in ACTIVE_ARMS:
        of_leakage = f"results/{LEAKAGE_DATASET}/judgement/leakage/tables"
        files |= {"leakage": f"{of_leakage}/dose.csv", "confounding": f"{of_leakage}/dial.csv"}
    if "external" in ACTIVE_ARMS:
        files |= {
            "external": f"{results}/judgement/external/tables/transfer.csv",
            "external_audits": [
                f"results/{tested}/designs/external/{EXTERNAL_SPLIT}/{origin}.audit.json"
                for origin, tested in EXTERNAL_PAIRS
            ],
        }
    if "camera" in ACTIVE_ARMS:
        files |= {
            "camera_quality": f"{results}/camera/quality.csv",
            "camera_people": f"{results}/camera/windows.parquet",
            "camera_audit": f"{results}/designs/camera/folds.audit.json",
            "camera_skill": f"{results}/judgement/camera/tables/method_skill.csv",
            "table2": f"{results}/judgement/table2.csv",
        }
    return files


def job_times(wildcards):
    """Folders with the times of jobs: of the study's data set, and of those of the leakage arm and the external test."""
    tried = [dataset for dataset, _ in TRIED] if "leakage" in ACTIVE_ARMS else []
    tried += EXTERNAL_DATASETS if "external" in ACTIVE_ARMS else []
    return [f"logs/{dataset}" for dataset in dict.fromkeys([STUDY.study.dataset, *tried])]
