"""How often noise is taken for a pulse, and how weak a pulse is still found in the same noise.

Repeat with ``python -m benchmarks false_pulses``.

Recordings of 90 s, windows of 30 s, 50 seeds of each kind of `benchmarks.noise`. A recording is falsely accepted if any
of its windows is; of a pulse, the share of windows counts that is accepted at the right rate. Both are measured at
thresholds moved up and down as well, without repeating the analysis. Writes the tables of docs/rppg.md to
results/false_pulses.md, and its figure.
"""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.false_pulses_figure import plot_false_pulses
from benchmarks.noise import KINDS, Kind, Scene, heart_rate, with_pulse
from benchmarks.table import Measurement
from cuffless.camera.pulse.blood import is_blood, line_colours
from cuffless.camera.pulse.channels import rates_by_best_method
from cuffless.camera.pulse.noise import white_noise
from cuffless.camera.pulse.rates import pulse_rates, shows_blood
from cuffless.camera.pulse.verdict import Rates
from cuffless.camera.skin.trace import Trace, mean_over_rois
from cuffless.files import whole_file

METHODS = ("pos", "chrom", "green")
SEEDS, PULSE_SEEDS = 50, 2
DEPTHS = (1.2, 0.8, 0.6, 0.4, 0.25, 0.15)
"""Percent of the light in green."""
SHOWN_DEPTH = 0.4
"""Depth of the pulses in the figure."""
SHIFTS = np.arange(-3.0, 3.5, 0.5)
"""In dB, by which the thresholds are moved."""
NEAR_BPM = 3.0
FIGURE, TABLES = "docs/images/false_pulses.png", "results/false_pulses.md"


def false_pulses() -> Iterator[Measurement]:
    """At most 5 % of the recordings of each kind of noise are accepted, at a CPU cost below that of extraction."""
    noise = pd.concat([_noise_of(number, kind) for number, kind in enumerate(KINDS)])
    pulses = pd.concat([_pulses_of(number, kind) for number, kind in enumerate(KINDS)])
    write_tables(noise, pulses, TABLES)
    plot_false_pulses(noise, pulses[pulses["depth"] == SHOWN_DEPTH], FIGURE)
    now, found = noise[noise["shift"] == 0], pulses[pulses["shift"] == 0]
    for method in (*METHODS, "auto"):
        shares = now[now["method"] == method].groupby("kind")["accepted"].mean()
        yield Measurement(f"false_pulses_{method}_worst_kind", 100 * shares.max(), "% of recordings", at_most=5)
        yield Measurement(f"false_pulses_{method}", 100 * shares.mean(), "% of recordings")
    for method in METHODS:
        rows = found[(found["method"] == method) & (found["accepted"] > 0)]
        right = np.average(rows["right"] / rows["accepted"], weights=rows["accepted"])
        yield Measurement(f"true_pulses_right_{method}", 100 * right, "% of accepted windows", at_least=90)
    yield Measurement("null_over_extraction", _cost(), "CPU ratio", at_most=1)


def accepted_at(rates: Rates, trace: Trace, shifts: np.ndarray) -> np.ndarray:
    """Which windows are accepted if both thresholds are moved by so many dB, (n_shifts, n) bool."""
    rgb = mean_over_rois(trace)
    at = np.flatnonzero(rates.agree & (rates.snr > rates.threshold + shifts.min()))
    tells = len(at) > 0 and shows_blood(trace, rgb, rates.method)
    if tells:
        colours = line_colours(trace.t, rgb, rates.waves, rates.start[at], rates.hr[at], rates.seconds)
    rows = []
    for shift in shifts:
        blood = np.ones(len(rates), bool)
        if tells:
            loud = rates.snr[at] > rates.threshold + shift
            blood[at[loud]] = is_blood(colours[loud], rates.start[at[loud]])
        moved = replace(rates, blood=blood, threshold=rates.threshold + shift, certain=rates.certain + shift)
        rows.append(moved.accepted)
    return np.array(rows)


def _noise_of(number: int, kind: Kind) -> pd.DataFrame:
    """Whether a recording is accepted: ``kind, family, method, shift, accepted``."""
    rows = []
    for seed in range(SEEDS):
        trace = kind.sample(np.random.default_rng([number, seed])).trace()
        best, _ = rates_by_best_method(trace)
        rows.append(("auto", 0.0, best.accepted.any()))
        for method in METHODS:
            rates = best if method == best.method == "pos" else pulse_rates(trace, method=method)
            taken = accepted_at(rates, trace, SHIFTS).any(axis=1)
            rows += [(method, shift, one) for shift, one in zip(SHIFTS, taken, strict=True)]
    table = pd.DataFrame(rows, columns=["method", "shift", "accepted"])
    return table.assign(kind=kind.name, family=kind.family)


def _pulses_of(number: int, kind: Kind) -> pd.DataFrame:
    """Shares of windows that are accepted, and accepted at the right rate, as `_noise_of`; and ``depth``."""
    rows = []
    for seed in range(PULSE_SEEDS):
        scene = kind.sample(np.random.default_rng([number, seed]))
        bpm = heart_rate(np.random.default_rng([1, number, seed]), len(scene.t), scene.fps, natural=seed % 2 == 1)
        for depth in DEPTHS:
            trace = with_pulse(scene, depth / 100, bpm).trace()
            shifts = SHIFTS if depth == SHOWN_DEPTH else np.zeros(1)
            for method in METHODS:
                rates = pulse_rates(trace, method=method)
                near = np.abs(rates.hr - _mean_rates(scene, bpm, rates)) <= NEAR_BPM
                for shift, taken in zip(shifts, accepted_at(rates, trace, shifts), strict=True):
                    rows.append((method, shift, depth, taken.mean(), (taken & near).mean()))
    table = pd.DataFrame(rows, columns=["method", "shift", "depth", "accepted", "right"])
    return table.assign(kind=kind.name, family=kind.family)


def _mean_rates(scene: Scene, bpm: np.ndarray, rates: Rates) -> np.ndarray:
    """True mean rate of each window."""
    total = np.concatenate(([0.0], np.cumsum(bpm)))
    first = np.round(rates.start * scene.fps).astype(int)
    length = round(rates.seconds * scene.fps)
    return (total[first + length] - total[first]) / length


def write_tables(noise: pd.DataFrame, pulses: pd.DataFrame, path: str) -> None:
    """Write both tables as Markdown."""
    noise, pulses = noise[noise["shift"] == 0], pulses[pulses["shift"] == 0]
    lines = ["| noise | POS | CHROM | GREEN | `auto` |", "|---|---|---|---|---|"]
    for kind in KINDS:
        own = noise[noise["kind"] == kind.name].groupby("method")["accepted"]
        cells = [_share(own.get_group(method)) for method in (*METHODS, "auto")]
        lines.append(f"| {kind.name} | {' | '.join(cells)} |")
    lines += ["", f"| noise | method | {' | '.join(f'{depth:g} %' for depth in DEPTHS)} |"]
    lines.append("|---" * (2 + len(DEPTHS)) + "|")
    for (family, method), rows in pulses.groupby(["family", "method"], sort=False):
        cells = []
        for _, own in rows.groupby("depth", sort=False):
            accepted, right = own["accepted"].mean(), own["right"].mean()
            cells.append(f"{100 * accepted:.0f}, {100 * right / accepted:.0f}" if accepted >= 0.005 else "0")
        lines.append(f"| {family} | {method.upper()} | {' | '.join(cells)} |")
    with whole_file(path) as part:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _share(accepted: pd.Series) -> str:
    """``2 % (0-10)``, by Wilson's interval."""
    from scipy.stats import binomtest

    interval = binomtest(int(accepted.sum()), len(accepted)).proportion_ci(method="wilson")
    return f"{100 * accepted.mean():.0f} % ({100 * interval.low:.0f}-{100 * interval.high:.0f})"


def _cost() -> float:
    """CPU seconds of the rates of a simulated minute, the simulation of white noise included, over its extraction."""
    import tempfile
    from pathlib import Path

    from benchmarks.extraction import SHORT_MINUTES, SMALL, filmed_face
    from cuffless.camera.skin.extraction import extract_trace

    with tempfile.TemporaryDirectory() as temporary:
        video = filmed_face(Path(temporary), SMALL, SHORT_MINUTES).video
        extract_trace(video)  # warms up
        begin = time.process_time()
        trace, _, _ = extract_trace(video)
        extracted = time.process_time()
        white_noise.cache_clear()
        rates_by_best_method(trace)
        return (time.process_time() - extracted) / (extracted - begin)
