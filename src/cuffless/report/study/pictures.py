"""Pictures of windows that were kept or rejected, for the head of a report."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.report.study.charts import rejections
from cuffless.report.study.contents import StudyReport
from cuffless.report.study.examples import KEPT
from cuffless.report.wording import count, percent, plural
from cuffless.signals import true_runs
from cuffless.windows import EXPLANATIONS

WIDTH, HEIGHT = 220, 108
"""Of a picture, in its own units."""
_GAP = 8  # between PPG and pressure
_HIGHEST, _LOWEST = 300.0, 0.0  # mmHg; beyond lies no pressure but a flush or a fault


@dataclass(frozen=True)
class Picture:
    """A window: corners of its lines as SVG takes them, what became of it, and what was measured on it."""

    rule: str
    title: str
    words: str
    measured: str
    ppg: tuple[str, ...]
    abp: tuple[str, ...]

    @property
    def kept(self) -> bool:
        """Whether it was kept."""
        return self.rule == KEPT


def window_pictures(report: StudyReport) -> list[Picture]:
    """Pictures of windows of the study, all on one scale of time and of pressure; of PPG, each has its own."""
    examples = report.examples
    if examples is None or examples.empty or report.quality is None:
        return []
    flow = rejections(report.quality).set_index("rule")
    longest = float(examples["second"].max()) or 1.0
    pressures = examples["abp"].where(examples["abp"].between(_LOWEST, _HIGHEST))
    limits = (float(pressures.min()), float(pressures.max()))
    shown = []
    for rule, own in examples.groupby("rule", sort=False):
        windows = flow.loc[rule]
        tall = np.isfinite(limits).all() and own["abp"].notna().any()
        half = (HEIGHT - _GAP) / 2 if tall else HEIGHT
        ppg, across = own["ppg"].to_numpy(float), own["second"].to_numpy(float) / longest
        known = ppg[np.isfinite(ppg)]
        span = (known.min(), known.max()) if len(known) else (0.0, 1.0)
        shown.append(
            Picture(
                rule=str(rule),
                title="Kept" if rule == KEPT else f"Rejected: {EXPLANATIONS.get(rule, rule)}",
                words=_share(windows),
                measured=_measured(own),
                ppg=_lines(across, ppg, span, 0, half),
                abp=_lines(across, own["abp"].to_numpy(float), limits, half + _GAP, half) if tall else (),
            )
        )
    return shown


def _share(windows: pd.Series) -> str:
    """How many windows had this fate, and which share that is."""
    share = percent(windows["share"], 1).replace(" ", "\N{NO-BREAK SPACE}")
    return f"{plural(windows['windows'], 'window')}, {share}"


def _measured(own: pd.DataFrame) -> str:
    sbp, dbp, rate = (own[name].iloc[0] for name in ("sbp", "dbp", "hr"))
    pressures = f"{count(sbp)}/{count(dbp)} mmHg" if np.isfinite([sbp, dbp]).all() else ""
    return ", ".join(filter(None, (pressures, f"{count(rate)} bpm" if np.isfinite(rate) else "")))


def _lines(
    across: np.ndarray, values: np.ndarray, span: tuple[float, float], top: float, height: float
) -> tuple[str, ...]:
    """Corners of lines through the values, broken where one is missing; a flat line lies in the middle."""
    low, high = span
    share = (np.clip(values, low, high) - low) / (high - low) if high > low else np.full(len(values), 0.5)
    corners = np.column_stack([WIDTH * across, top + 1 + (height - 2) * (1 - share)])
    return tuple(
        " ".join(f"{x:.1f},{y:.1f}" for x, y in corners[first:stop]) for first, stop in true_runs(np.isfinite(values))
    )
