"""Which arms of a study run: those that are configured and whose recordings are here."""

from pathlib import Path

from cuffless.config.study import StudyConfig

ARMS = ("splits", "inputs", "personalization", "camera", "leakage", "external")
"""Names of all arms; each is a module of `cuffless.arms`, imported only where it is judged."""
_SECTIONS = {"inputs": "inputs", "personalization": "personalization", "camera": "rppg", "leakage": "leakage"}


def dataset_of(study: StudyConfig, arm: str) -> str:
    """Name of the data set that an arm works on."""
    own = {"inputs": study.inputs.dataset, "leakage": study.leakage.dataset}.get(arm)
    return own or study.study.dataset


def skipped_arms(study: StudyConfig) -> dict[str, str]:
    """Arms that are configured but cannot run, with the reason."""
    skipped = {}
    folder = study.datasets[dataset_of(study, "inputs")].records.path
    if _configured(study, "inputs") and folder and not Path(folder).is_dir():
        skipped["inputs"] = f"Figure 2 is skipped: its recordings belong in {folder}, which does not exist"
    windows = study.rppg.path
    if _configured(study, "camera") and study.rppg.source == "ready" and not Path(windows).is_file():
        skipped["camera"] = (
            f"Figures 9, A2 to A5 and Table 2 are skipped: their windows belong in {windows}, which does not exist"
        )
    return skipped


def active_arms(study: StudyConfig) -> tuple[str, ...]:
    """Arms that are configured and can run; the splits always are."""
    skipped = skipped_arms(study)
    return tuple(arm for arm in ARMS if _configured(study, arm) and arm not in skipped)


def _configured(study: StudyConfig, arm: str) -> bool:
    if arm == "external":
        return bool(study.external.datasets)
    return arm == "splits" or _SECTIONS[arm] in study.model_fields_set
