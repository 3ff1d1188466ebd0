"""A trained network with all it takes to predict windows of recordings, as read from its file."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from cuffless.config import WindowOptions
from cuffless.demands import MEMORY_GB
from cuffless.errors import shortened
from cuffless.networks import channel_count, load_network, predict_outputs
from cuffless.networks.quantiles import quantile_level
from cuffless.options import one_line_errors
from cuffless.training.backends import current_module
from cuffless.training.intervals import LIMITS, Intervals
from cuffless.training.predictions import named_outputs
from cuffless.training.tables.origin import Origin


@dataclass(frozen=True)
class Predictor:
    """A trained network with what it takes to feed it."""

    model: object
    """Gives SBP and DBP in mmHg."""
    windows: WindowOptions
    """Of the windows on which it was trained."""
    derivatives: bool
    """Whether it wants derivative channels."""
    mean: tuple[float, float] | None
    """(float, float) or None: Mean SBP and DBP of its training labels in mmHg: the prediction of the mean regressor."""
    label_sd: tuple[float, float] | None = None
    """(float, float) or None: SD of these labels in mmHg."""
    intervals: Intervals | None = None
    """As calibrated on its validation people; None: it has none."""
    why_no_intervals: str = "the model file holds none"
    origin: Origin | None = None
    """On whom it was trained and tested; None if the model file does not hold it."""

    def predictions(self, ppg: np.ndarray, hr: np.ndarray) -> pd.DataFrame:
        """Columns sbp and dbp in mmHg, and the limits of their intervals if there are any.

        Parameters
        ----------
        ppg : (n, samples) float array
        hr : (n,) float array
            Pulse rate in bpm.
        """
        outputs = predict_outputs(self.model, ppg, derivatives=self.derivatives)
        table = pd.DataFrame(named_outputs(outputs))
        limits = [] if self.intervals is None else [self.intervals.limits(table.assign(hr=hr))]
        return pd.concat([table[["sbp", "dbp"]], *limits], axis=1)

    def pressures(self, ppg: np.ndarray) -> np.ndarray:
        """SBP and DBP in mmHg, shape (n, 2), of windows (n, samples)."""
        outputs = named_outputs(predict_outputs(self.model, ppg, derivatives=self.derivatives))
        return np.stack([outputs["sbp"], outputs["dbp"]], axis=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of `predictions`."""
        return ("sbp", "dbp") if self.intervals is None else ("sbp", "dbp", *LIMITS)


def load_predictor(
    path: str | Path, windows: WindowOptions | None = None, *, own: Iterable[str] = (), memory_gb: float = MEMORY_GB
) -> Predictor:
    """Load a trained network and its windows.

    Parameters
    ----------
    path : str or Path
        A `.keras` file.
    windows : WindowOptions, optional
        For a network that does not hold its own.
    own, memory_gb
        As for `load_network`.

    Returns
    -------
    Predictor

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it cannot be loaded, the options of its windows are unknown, its input is not such a window, its output is
        neither two pressures nor their quantiles, or its intervals or origin are damaged.
    """
    with current_module().building():
        model, metadata = load_network(path, own, memory_gb=memory_gb)
    if metadata.get("windows"):
        try:
            windows = WindowOptions.model_validate(metadata["windows"])
        except ValidationError as error:
            why = shortened(one_line_errors(error), 200)
            raise ValueError(f"{path}: the options of its windows are damaged ({why}); save or copy it again") from None
    if windows is None:
        raise ValueError(f"{path} lacks the options of its windows; pass a configuration that has them (--config)")
    derivatives = bool(metadata.get("derivatives", False))
    expected = (windows.samples, channel_count(derivatives))
    shapes: tuple[Any, Any] = (getattr(model, "input_shape", None), getattr(model, "output_shape", None))
    if any(not isinstance(shape, tuple) or not shape for shape in shapes):
        raise ValueError(f"{path} has several inputs or outputs; a network takes windows and gives (SBP, DBP)")
    if tuple(shapes[0][1:]) != expected:
        raise ValueError(
            f"{path} takes windows of shape {tuple(shapes[0][1:])} (samples, channels), but they are cut to "
            f"{expected}, {windows.length} x {windows.samples_per_beat} samples; name a configuration whose windows "
            "fit (--config)"
        )
    if tuple(shapes[1][1:]) != (2,) and quantile_level(model) is None:
        raise ValueError(f"{path} gives outputs of shape {tuple(shapes[1][1:])}; a network must give two, SBP and DBP")
    layer = next((layer for layer in reversed(model.layers) if hasattr(layer, "metadata")), None)
    mean, sd = (None, None) if layer is None else (tuple(layer.mean), tuple(layer.sd))
    intervals = _intervals(path, metadata.get("intervals"))
    return Predictor(model, windows, derivatives, mean, sd, *intervals, _origin(path, metadata.get("origin")))


def _intervals(path: str | Path, described: object) -> tuple[Intervals | None, str]:
    """A model's intervals, or why it has none."""
    if not described:
        return None, Predictor.why_no_intervals
    if isinstance(described, dict) and "reason" in described:
        return None, shortened(described["reason"], 200)
    try:
        return Intervals.model_validate(described), ""
    except ValidationError as error:
        why = shortened(one_line_errors(error), 200)
        raise ValueError(f"{path}: its intervals are damaged ({why}); save or copy it again") from None


def _origin(path: str | Path, described: object) -> Origin | None:
    """On whom a network was trained and tested; None for a model file of an earlier version, or from elsewhere."""
    if described is None:
        return None
    try:
        return Origin.model_validate(described)
    except ValidationError as error:
        why = shortened(one_line_errors(error), 200)
        raise ValueError(f"{path}: what it holds of its training is damaged ({why}); save or copy it again") from None
