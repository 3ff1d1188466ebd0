"""Which arms of a study run (those that are configured and whose recordings are here), and whom they are about."""

from pathlib import Path
from typing import Literal

from cuffless.config.study import StudyConfig

ARMS = ("splits", "inputs", "personalization", "camera", "leakage", "external")
"""Names of all arms; each is a module of `cuffless.arms`, imported only where it is judged."""
_SECTIONS = {"inputs": "inputs", "personalization": "personalization", "camera": "rppg", "leakage": "leakage"}

People = Literal["simulated", "real"]
PEOPLE: dict[People, str] = {"simulated": "simulated people", "real": "real people"}
"""In print."""


def dataset_of(study: StudyConfig, arm: str) -> str:
    """Name of the data set that an arm works on."""
    own = {"inputs": study.inputs.dataset, "leakage": study.leakage.dataset}.get(arm)
    return own or study.study.dataset


def people_of(study: StudyConfig, arm: str) -> People:
    """Whether an arm's people are simulated; recordings from a folder or over the network are taken for real.

    Parameters
    ----------
    study : StudyConfig
    arm : str
        One of `cuffless.config.arms.ARMS`; for the camera, the people who were filmed.

    Returns
    -------
    str
        A key of `PEOPLE`.
    """
    if arm == "camera":
        return "simulated" if study.rppg.source == "simulator" else "real"
    return people_in(study, dataset_of(study, arm))


def people_in(study: StudyConfig, dataset: str) -> People:
    """Whether the people of a data set are simulated.

    Parameters
    ----------
    study : StudyConfig
    dataset : str
        A name under ``datasets``.

    Returns
    -------
    str
        A key of `PEOPLE`.

    Raises
    ------
    KeyError
        If the study has no such data set.
    """
    return "simulated" if study.datasets[dataset].records.source == "simulator" else "real"


def stamp(dataset: str, people: People) -> str:
    """What figures and pages carry to tell whose they are, such as ``cohort: simulated people``."""
    return f"{dataset}: {PEOPLE[people]}"


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
