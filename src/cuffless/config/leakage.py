"""Options of the dose-response of leakage: what a leak between training and test windows is worth."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, field_validator

from cuffless.options import Options, once_each, option


class LeakageOptions(Options):
    """What leakage is worth: MAE against the kind of split, and against the subjects' own confounders."""

    dataset: str = ""
    """Data set; empty: that of `study`. Its patients need several records each, otherwise a record-disjoint
    split is also patient-disjoint (for simulated data: `simulator.records`)."""
    doses: tuple[str, ...] = option(("nonmixed", "record", "mixed", "overlap50"), min_length=2)
    """Splits to compare, by name, from the one whose sets share least to the one whose sets share most."""
    network: str = "alexnet"
    """Name of the network to train on each of them, once per seed in `study.seeds`."""
    confounding: tuple[Annotated[float, Field(ge=0, le=2)], ...] = ()
    """Values of `simulator.confounding`; the data set is simulated once for each. Empty: none."""
    dial: tuple[str, ...] = option(("nonmixed", "mixed"), min_length=1)
    """Splits to train on at each value of `confounding`, by name."""

    _once = field_validator("doses", "confounding", "dial")(once_each)

    def dialled(self, dataset: str, own: float) -> dict[float, str]:
        """Name of the data set at each value of `confounding`; `dataset` itself at its `own`."""
        return {value: dial_name(dataset, value, own) for value in self.confounding}


def dial_name(dataset: str, value: float, own: float) -> str:
    """Name of a data set with another value of `simulator.confounding`, such as ``stays_confounding_0_5``."""
    return dataset if value == own else f"{dataset}_confounding_{value:g}".replace(".", "_")


def dial_blocks(section: Mapping, datasets: Mapping[str, Any], dataset: str, default: float) -> dict[str, dict]:
    """Named blocks of the data sets that the dial needs, as far as the section can be understood.

    Parameters
    ----------
    section : mapping
        The section `leakage` as given.
    datasets : mapping
        Blocks of data sets, laid over their sections.
    dataset : str
        The study's data set.
    default : float
        Value of `simulator.confounding` where a block has none.
    """
    name = section.get("dataset") or dataset
    block, values = datasets.get(name), section.get("confounding")
    if not isinstance(block, Mapping) or not isinstance(values, (list, tuple)):
        return {}
    simulator = block.get("simulator") or {}
    if not isinstance(simulator, Mapping):
        return {}
    own = simulator.get("confounding", default)
    numbers = [value for value in values if isinstance(value, (int, float)) and 0 <= value <= 2]
    blocks = {dial_name(name, v, own): {**block, "simulator": {**simulator, "confounding": v}} for v in numbers}
    return {dialled: one for dialled, one in blocks.items() if dialled not in datasets}


def check_doses(options: LeakageOptions, name: str, dataset: Any, splits: Mapping[str, Any], network: Any) -> None:
    """Refuse a dose-response that could not show anything.

    Parameters
    ----------
    options : LeakageOptions
    name : str
        Of the data set.
    dataset : DatasetOptions
    splits : mapping of str to SplitOptions
    network : options of the network

    Raises
    ------
    ValueError
        With the key, the value and the remedy.
    """
    if network.architecture == "mean":
        raise ValueError("leakage.network: 'mean' is always included as a baseline; choose another network")
    source = dataset.records.source
    if options.confounding and source != "simulator":
        raise ValueError(
            f"leakage.confounding: {name!r} has source {source}, and only simulated data have this option; remove it"
        )
    kinds = {splits[dose].kind for dose in options.doses}
    if source == "simulator" and dataset.simulator.records == 1 and "record" in kinds:
        raise ValueError(
            f"leakage.dataset: subjects of {name!r} have one record each, so that a record-disjoint split is a "
            "patient-disjoint one; set simulator.records there, or take the split out of leakage.doses"
        )
