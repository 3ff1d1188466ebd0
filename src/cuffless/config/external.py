"""Options of the external test: networks trained on one data set are tested on another."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from cuffless.options import Options, once_each, option

ZERO_SHOT, SHIFTED, AFFINE = "zero_shot", "shifted", "affine"
TRANSFERS = (ZERO_SHOT, SHIFTED, AFFINE)
"""Settings in which a network is tested on another data set: as it is, with the mean of that data set's training
labels, and with a line fitted on a few of its people."""


class ExternalOptions(Options):
    """Networks that were trained on one data set, tested on the others; a list of data sets is enough
    (`external: [a, b]`).
    """

    datasets: tuple[str, ...] = ()
    """Data sets, at least two: on each the networks of `study` are trained, and tested on all of them. Empty: none."""
    split: str = "nonmixed"
    """Split, by name, that every data set is divided by. Its test people are those whom the networks trained elsewhere
    are tested on, too."""
    people: int = Field(5, ge=1)
    """Number of training people of the tested data set on whom a line is fitted (`affine`). They are drawn again for
    each seed in `study.seeds`, so that several seeds show what the draw is worth."""
    seed: int = option(0, ge=0)
    """Seed of that draw."""
    leakage: Literal["fail", "warn"] = "fail"
    """Whether people, records or signals that are in training of one data set and in the test of another stop the study
    or are only reported."""

    _once = field_validator("datasets")(once_each)

    @model_validator(mode="before")
    @classmethod
    def _named_alone(cls, value: Any) -> Any:
        """A list of data sets instead of a section."""
        return {"datasets": value} if isinstance(value, Sequence) and not isinstance(value, str) else value

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Data sets that a network is trained and tested on, where these differ."""
        return [(trained, tested) for tested in self.datasets for trained in self.datasets if trained != tested]


def check_external(options: ExternalOptions, datasets: Mapping[str, Any], split: Any, windows: Any) -> None:
    """Refuse an external test that could not show anything.

    Parameters
    ----------
    options : ExternalOptions
    datasets : mapping of str to DatasetOptions
        All of the study.
    split : SplitOptions
    windows : WindowOptions
        Of the split's windowing.

    Raises
    ------
    ValueError
        With the key, the value and the remedy.
    """
    if len(options.datasets) < 2:
        raise ValueError(
            f"external.datasets: {options.datasets[0]!r} is named alone; name two or more, to train on one and "
            "test on another"
        )
    if split.kind not in ("nonmixed", "official"):
        raise ValueError(
            f"external.split: {options.split!r} is of kind {split.kind}, whose people are in several sets; name "
            "a split of kind nonmixed or official"
        )
    ready = [name for name in options.datasets if datasets[name].records.source == "ready"]
    cut = [name for name in options.datasets if name not in ready]
    if ready and cut and windows.cropping == "beats":
        raise ValueError(
            f"external.datasets: windows of {ready[0]!r} were cut by others and all last equally long, those of "
            f"{cut[0]!r} would be cut to {windows.length} beats; set windows.cropping: time, and windows.length to the "
            f"seconds of the windows of {ready[0]!r}"
        )
