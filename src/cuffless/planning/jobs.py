"""The jobs of a study, from its configuration alone."""

from dataclasses import dataclass
from pathlib import Path

from cuffless.camera.manifest import read_manifest
from cuffless.config import StudyConfig

FIGURES = ("fig1", "fig4", "fig5", "fig6", "fig7")
PERSONAL_FIGURES = ("fig8", "figA1", "fig_budget")
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
    reached = _reached(study)
    records = [study.datasets[name].records for name in reached.datasets]
    physionet = [one.shards for one in records if one.source == "physionet"]
    shards = {name: study.datasets[name].records.shards for name in reached.datasets}
    jobs = {
        "simulate_records": sum(one.shards for one in records if one.source == "simulator"),
        "fetch_index": len(physionet),
        "list_records": sum(shards.values()),
        "fetch_records": sum(physionet),
        "cut_windows": sum(shards[dataset] for dataset, _ in reached.windowings),
        "join_windows": len(reached.windowings),
        "join_quality": len(reached.windowings),
        "sample_split": len(reached.splits),
        "materialize_split": len(reached.splits),
        "audit_duplicates": len(reached.audited),
        "train_network": len(reached.trainings) * len(study.study.seeds),
        "audit_sets": len(study.study.splits),
        "judge_splits": 1,
        **_personalization_jobs(study),
        "write_table1": 1,
        **_input_jobs(study),
        **_rppg_jobs(study),
        **dict.fromkeys(("judge_leakage", "plot_fig_leakage"), int(with_leakage(study))),
        **{f"plot_{figure}": 1 for figure in FIGURES},
        "publish_figure": len(FIGURES)
        + with_inputs(study)
        + len(PERSONAL_FIGURES) * with_personalization(study)
        + with_leakage(study)
        + _rppg_figures(study),
        "publish_table": len(TABLES) + with_rppg(study),
        "publish_page": with_personalization(study) + with_rppg(study),
        "write_card": len(study.study.splits) * len(used_networks(study)) * len(study.study.seeds),
        "write_report": 1,
        "all": 1,
    }
    return {rule: n for rule, n in jobs.items() if n}


@dataclass(frozen=True)
class _Reached:
    """What a study makes, each once, by the names of data sets, windowings or splits, networks."""

    datasets: set[str]
    windowings: set[tuple[str, str]]
    splits: set[tuple[str, str]]
    audited: set[tuple[str, str]]
    trainings: set[tuple[str, str, str]]


def _reached(study: StudyConfig) -> _Reached:
    name, tried = study.study.dataset, _tried(study)
    own = {(name, split) for split in study.study.splits}
    apart = {(name, split) for split in _further_splits(study)}
    splits = {*own, *apart, *tried}
    trainings = {(*split, network) for split in own for network in used_networks(study)}
    trainings |= {(*split, network) for split in apart for network in personalized(study)}
    trainings |= {(*split, study.leakage.network) for split in tried}
    return _Reached(
        datasets={dataset for dataset, _ in splits} | ({study.inputs.dataset or name} if with_inputs(study) else set()),
        windowings={(dataset, study.splits.named[split].windowing) for dataset, split in splits},
        splits=splits,
        audited={*own, *tried},
        trainings=trainings,
    )


def with_leakage(study: StudyConfig) -> bool:
    """Whether the whole study draws the dose-response of leakage: it is configured."""
    return "leakage" in study.model_fields_set


def _tried(study: StudyConfig) -> set[tuple[str, str]]:
    """Data sets and splits of the dose-response of leakage."""
    if not with_leakage(study):
        return set()
    options = study.leakage
    name = options.dataset or study.study.dataset
    dialled = options.dialled(name, study.datasets[name].simulator.confounding).values()
    return {(name, dose) for dose in options.doses} | {(one, split) for one in dialled for split in options.dial}


def with_inputs(study: StudyConfig) -> bool:
    """Whether the whole study draws Figure 2: the input study is configured, and its recordings are here."""
    folder = study.datasets[study.inputs.dataset or study.study.dataset].records.path
    return "inputs" in study.model_fields_set and (not folder or Path(folder).is_dir())


def _input_jobs(study: StudyConfig) -> dict[str, int]:
    """Jobs of the input study."""
    if not with_inputs(study):
        return {}
    options = study.inputs
    crops = len(options.croppings) * len(options.lengths)
    return {
        "cut_crops": study.datasets[options.dataset or study.study.dataset].records.shards,
        "sample_stretches": 1,
        "materialize_crop": crops,
        "train_input": crops * len(options.derivatives) * len(options.networks) * options.repeats,
        "judge_inputs": 1,
        "plot_fig2": 1,
    }


def with_personalization(study: StudyConfig) -> bool:
    """Whether the whole study draws Figures 8 and A1: personalization is configured."""
    return "personalization" in study.model_fields_set


def personalized(study: StudyConfig) -> list[str]:
    """Names of the networks that are personalized: all but the mean regressor."""
    return [name for name in study.study.networks if study.networks[name].architecture != "mean"]


def with_rppg(study: StudyConfig) -> bool:
    """Whether the whole study draws Figure 9: the camera branch is configured, and what it reads is here."""
    options = study.rppg
    return "rppg" in study.model_fields_set and (options.source != "ready" or Path(options.path).is_file())


def _further_splits(study: StudyConfig) -> list[str]:
    """Splits whose networks are fine-tuned, and which are none of the study's."""
    wanted = [protocol.split for protocol in study.personalization.named.values()] * with_personalization(study)
    wanted += [study.rppg.split] * with_rppg(study)
    return [split for split in dict.fromkeys(wanted) if split not in study.study.splits]


def _personalization_jobs(study: StudyConfig) -> dict[str, int]:
    """Jobs of personalization, but for trainings."""
    if not with_personalization(study):
        return {}
    protocols = len(study.personalization.named)
    return {
        "sample_plan": protocols,
        "materialize_plan": protocols,
        "personalize_network": protocols * len(personalized(study)) * len(study.study.seeds),
        "judge_personalization": 1,
        "plot_fig8": 2,  # and Figure A1
        "plot_fig_budget": 1,
    }


def _rppg_figures(study: StudyConfig) -> int:
    """Figures of the camera branch: ready windows tell nothing of other lengths (Figure 3)."""
    return with_rppg(study) * (5 if study.rppg.source == "ready" else 6)


def _rppg_jobs(study: StudyConfig) -> dict[str, int]:
    """Jobs of the camera branch, but for trainings."""
    if not with_rppg(study):
        return {}
    options = study.rppg
    filmed = options.simulation.subjects if options.source == "simulator" else 0
    recordings = len(read_manifest(options.manifest)) if options.source == "videos" else filmed
    own = {"gather_ready_windows": 1}
    if options.source != "ready":
        own = {
            "simulate_video": filmed,
            "extract_trace": recordings,
            **dict.fromkeys(("plot_contact_sheets", "gather_rppg_windows", "count_snr_shares", "plot_fig3"), 1),
        }
    return own | {
        "sample_folds": 1,
        "tune_network": len(personalized(study)) * len(study.study.seeds),
        "judge_camera": 1,
        "write_table2": 1,
        "plot_fig9": 1,
        "plot_figA2": 4,  # to A5
    }


def used_windowings(study: StudyConfig) -> list[str]:
    """Names of the windowings that the study's splits divide."""
    return list(dict.fromkeys(study.splits.named[split].windowing for split in study.study.splits))


def used_networks(study: StudyConfig) -> list[str]:
    """Names of the networks that are trained; the mean regressor always is."""
    return list(dict.fromkeys([*study.study.networks, "mean"]))
