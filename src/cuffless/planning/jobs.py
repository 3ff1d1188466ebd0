"""The jobs of a study, from its configuration alone."""

from cuffless.config import StudyConfig

FIGURES = ("fig1", "fig4", "fig5", "fig6", "fig7")
TABLES = ("table1",)


def count_jobs(study: StudyConfig) -> dict[str, int]:
    """Jobs of the whole study by rule, when nothing of it is there yet.

    Parameters
    ----------
    study : StudyConfig

    Returns
    -------
    dict
        Number of jobs by the rule's name, in the order in which they run.
    """
    records = study.datasets[study.study.dataset].records
    shards, splits, windowings = records.shards, len(study.study.splits), len(used_windowings(study))
    physionet = records.source == "physionet"
    jobs = {
        "simulate_records": shards if records.source == "simulator" else 0,
        "fetch_index": int(physionet),
        "list_records": shards,
        "fetch_records": shards if physionet else 0,
        "cut_windows": shards * windowings,
        "join_windows": windowings,
        "join_quality": windowings,
        "draw_split": splits,
        "materialize_split": splits,
        "train_network": splits * len(used_networks(study)) * len(study.study.seeds),
        "evaluate_predictions": 1,
        **{f"draw_{figure}": 1 for figure in FIGURES},
        "publish_figure": len(FIGURES),
        "publish_table": len(TABLES),
        "all": 1,
    }
    return {rule: n for rule, n in jobs.items() if n}


def used_windowings(study: StudyConfig) -> list[str]:
    """Names of the windowings that the study's splits divide."""
    return list(dict.fromkeys(study.splits.named[split].windowing for split in study.study.splits))


def used_networks(study: StudyConfig) -> list[str]:
    """Names of the networks that are trained; the mean regressor always is."""
    return list(dict.fromkeys([*study.study.networks, "mean"]))
