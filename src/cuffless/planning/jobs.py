"""The jobs of a study, from its configuration alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from cuffless.camera.manifest import read_manifest
from cuffless.camera.pulse.custom import takes_frames
from cuffless.config import StudyConfig
from cuffless.config.arms import active_arms, dataset_of
from cuffless.config.folds import fold_names, fold_of


def count_jobs(study: StudyConfig, figures: int) -> dict[str, int]:
    """Jobs of the whole study by rule, when nothing of it is there yet.

    Parameters
    ----------
    study : StudyConfig
    figures : int
        Figures that it plots; see `cuffless.figures.registry.figures_of`.

    Returns
    -------
    dict
        Number of jobs by the rule's name, in the order in which they run.
    """
    reached, folded = _reached(study), _folded_splits(study)
    own = _folds(study, study.study.splits)
    runs = len(used_networks(study)) * len(study.study.seeds)
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
        "join_folds": len(folded),
        "join_predictions": len(folded) * runs,
        "audit_sets": len(reached.judged),
        "join_leaks": len(folded),
        "judge_splits": 1,
        **_personalization_jobs(study),
        "write_table1": 1,
        **_input_jobs(study),
        **_rppg_jobs(study),
        "judge_leakage": int(with_arm(study, "leakage")),
        **_external_jobs(study),
        "plot_figure": figures,
        "publish_figure": figures,
        "publish_table": 1 + with_arm(study, "personalization") + 2 * with_arm(study, "camera"),
        "pick_examples": 1,
        "write_card": len(own) * runs,
        "write_report": 1,
        "all": 1,
    }
    return {rule: n for rule, n in jobs.items() if n}


@dataclass(frozen=True)
class _Products:
    """The distinct products of a study, by the names of data sets, windowings or splits, and networks."""

    datasets: set[str]
    windowings: set[tuple[str, str]]
    splits: set[tuple[str, str]]
    audited: set[tuple[str, str]]
    judged: set[tuple[str, str]]
    trainings: set[tuple[str, str, str]]


def _reached(study: StudyConfig) -> _Products:
    name, tried = study.study.dataset, _tried(study)
    own = {(name, fold) for fold in _folds(study, study.study.splits)}
    apart = {(name, split) for split in _further_splits(study)}
    elsewhere = study.external.datasets if with_arm(study, "external") else ()
    external = {(dataset, study.external.split) for dataset in elsewhere}
    splits = {*own, *apart, *tried, *external}
    trainings = {(*split, network) for split in own | external for network in used_networks(study)}
    trainings |= {(*split, network) for split in apart for network in personalized(study)}
    trainings |= {(*split, study.leakage.network) for split in tried}
    return _Products(
        datasets={dataset for dataset, _ in splits}
        | ({dataset_of(study, "inputs")} if with_arm(study, "inputs") else set()),
        windowings={(dataset, study.splits.named[fold_of(split)[0]].windowing) for dataset, split in splits},
        splits=splits,
        audited={*own, *tried, *external},
        judged=own | external,
        trainings=trainings,
    )


def _folded_splits(study: StudyConfig) -> list[str]:
    """The study's splits that have folds."""
    return [split for split in study.study.splits if study.splits.named[split].kind == "kfold"]


def _folds(study: StudyConfig, splits: Iterable[str]) -> list[str]:
    """Splits, and in place of those with folds each of their folds."""
    return [fold for split in splits for fold in fold_names(split, study.splits.named[split])]


def with_arm(study: StudyConfig, arm: str) -> bool:
    """Whether the whole study runs an arm."""
    return arm in active_arms(study)


def _tried(study: StudyConfig) -> set[tuple[str, str]]:
    """Data sets and splits of the dose-response of leakage."""
    if not with_arm(study, "leakage"):
        return set()
    options = study.leakage
    name = dataset_of(study, "leakage")
    dialled = options.dialled(name, study.datasets[name].simulator.confounding).values()
    return {(name, dose) for dose in options.doses} | {(one, split) for one in dialled for split in options.dial}


def _external_jobs(study: StudyConfig) -> dict[str, int]:
    """Jobs of the external test, but for trainings."""
    if not with_arm(study, "external"):
        return {}
    pairs = len(study.external.pairs)
    return {
        "audit_external": pairs,
        "predict_external": pairs * len(used_networks(study)) * len(study.study.seeds),
        "judge_external": 1,
    }


def _input_jobs(study: StudyConfig) -> dict[str, int]:
    """Jobs of the input study."""
    if not with_arm(study, "inputs"):
        return {}
    options = study.inputs
    crops = len(options.croppings) * len(options.lengths)
    return {
        "cut_crops": study.datasets[dataset_of(study, "inputs")].records.shards,
        "sample_stretches": 1,
        "materialize_crop": crops,
        "train_input": crops * len(options.derivatives) * len(options.networks) * options.repeats,
        "judge_inputs": 1,
    }


def personalized(study: StudyConfig) -> list[str]:
    """Names of the networks that are personalized: all but the mean regressor."""
    return [name for name in study.study.networks if study.networks[name].architecture != "mean"]


def _further_splits(study: StudyConfig) -> list[str]:
    """Splits whose networks are fine-tuned, but which are not among the study's."""
    wanted = [protocol.split for protocol in study.personalization.named.values()] * with_arm(study, "personalization")
    wanted += [study.rppg.split] * with_arm(study, "camera")
    return [split for split in dict.fromkeys(wanted) if split not in study.study.splits]


def _personalization_jobs(study: StudyConfig) -> dict[str, int]:
    """Jobs of personalization, but for trainings."""
    if not with_arm(study, "personalization"):
        return {}
    protocols = len(study.personalization.named)
    return {
        "sample_plan": protocols,
        "materialize_plan": protocols,
        "personalize_network": protocols * len(personalized(study)) * len(study.study.seeds),
        "judge_personalization": 1,
    }


def _rppg_jobs(study: StudyConfig) -> dict[str, int]:
    """Jobs of the camera branch, but for trainings."""
    if not with_arm(study, "camera"):
        return {}
    options = study.rppg
    filmed = options.simulation.subjects if options.source == "simulator" else 0
    recordings = len(read_manifest(options.manifest)) if options.source == "videos" else filmed
    own = {"gather_ready_windows": 1}
    if options.source != "ready":
        own = {
            "simulate_video": filmed,
            "extract_trace": recordings,
            "extract_wave": recordings if takes_frames(options.method) else 0,
            **dict.fromkeys(("plot_contact_sheets", "gather_rppg_windows", "count_snr_shares"), 1),
        }
    return own | {
        "sample_folds": 1,
        "tune_network": len(personalized(study)) * len(study.study.seeds),
        "judge_camera": 1,
        "write_table2": 1,
    }


def used_windowings(study: StudyConfig) -> list[str]:
    """Names of the windowings that the study's splits divide."""
    return list(dict.fromkeys(study.splits.named[split].windowing for split in study.study.splits))


def used_networks(study: StudyConfig) -> list[str]:
    """Names of the networks that are trained; the mean regressor always is."""
    return list(dict.fromkeys([*study.study.networks, "mean"]))
