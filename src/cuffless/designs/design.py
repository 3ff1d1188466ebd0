"""A design: one row per window that takes part, with what it is used for."""

from dataclasses import dataclass, field

import pandas as pd

from cuffless.config import STRATEGIES
from cuffless.errors import CufflessError

SUBSETS = ("train", "val", "test")
BEFORE, TUNED, FIRST, RANDOM = SETTINGS = ("before", "tuned", *STRATEGIES)
"""The network as trained on PPG; fine-tuned on other subjects; with a part of the test subject's windows as well."""
RECORDINGS = "recordings"
"""Of the camera, in place of the last two: with the test subject's recordings of another condition as well."""


class DesignError(CufflessError):
    """A design that cannot be made as asked or that leaks, and why."""


@dataclass(frozen=True)
class Design:
    """Who trains, calibrates and tests."""

    windows: pd.DataFrame
    """One row per window: subject, record, start, seconds and labels, and what the design uses it for."""
    notes: list[str] = field(default_factory=list)
    """What differs from what was asked for."""
