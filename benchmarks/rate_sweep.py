"""Pulse rates over all rates, shapes of the pulse and disturbances: right, rejected, or wrong.

Repeat with ``python -m benchmarks rate_sweep``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.pulse_colours import AMBIGUOUS, DISTURBANCES, FACE, FINGER, SHAPES, simulate
from benchmarks.table import Measurement
from cuffless.camera.pulse.channels import rates_by_best_method
from cuffless.camera.pulse.rates import pulse_rates
from cuffless.camera.pulse.verdict import RATE_RANGE

METHODS = ("auto", "pos", "chrom", "green", "red", "blue")
NOISES = (0.03, 0.12, 0.35, 1.0)
"""SD of the noise, relative to the pulse in green."""
RATES_FPS, LENGTHS = (15.0, 25.0, 29.97, 30.0, 60.0), (8.0, 10.0, 15.0, 30.0)
LOW, HIGH = 28, 230
STEP = 2
SECONDS = 60.0
_NEAR_BPM, _NEAR_SHARE = 3.0, 0.03
_EDGE_BPM = 1.0  # rates so near the ends of the range may be accepted or not


@dataclass(frozen=True)
class Case:
    """One recording and how it is measured."""

    bpm: float
    shape: str
    method: str = "pos"
    disturbance: str = "steady"
    noise: float = 0.12
    colour: float = 1.0
    fps: float = 30.0
    seconds: float = 10.0
    seed: int = 0


@dataclass(frozen=True)
class Outcome:
    """Windows of a recording: (n,) bool arrays, and their true and measured rates in bpm."""

    accepted: np.ndarray
    right: np.ndarray
    outside: np.ndarray
    truth: np.ndarray
    hr: np.ndarray


def draw_cases(step: float = STEP, seed: int = 0) -> Iterator[Case]:
    """Every rate with every shape and method; all else is drawn."""
    rng = np.random.default_rng(seed)
    for bpm in np.arange(LOW, HIGH + step / 2, step):
        for shape in SHAPES:
            for method in METHODS:
                yield Case(
                    float(bpm),
                    shape,
                    method,
                    str(rng.choice(list(DISTURBANCES))),
                    float(rng.choice(NOISES)),
                    float(rng.choice((0, 1))),
                    float(rng.choice(RATES_FPS)),
                    float(rng.choice(LENGTHS)),
                    int(rng.integers(2**31)),
                )


def measure(case: Case) -> Outcome:
    """Measure a recording. A rate is right within 3 bpm or 3 % of the beats of its window; while it changes, of any."""
    recording = simulate(
        case.bpm,
        case.shape,
        DISTURBANCES[case.disturbance],
        noise=case.noise,
        colour=case.colour,
        fps=case.fps,
        seconds=SECONDS,
        skin=FINGER if case.shape == "finger" else FACE,
        seed=case.seed,
    )
    if case.method == "auto":
        rates, _ = rates_by_best_method(recording.trace, seconds=case.seconds)
    else:
        rates = pulse_rates(recording.trace, method=case.method, seconds=case.seconds)
    truth = recording.mean_rate(rates.start, case.seconds)
    low = high = truth
    if case.disturbance == "ramp":
        low, high = recording.rates(rates.start, case.seconds)
    near = np.maximum(_NEAR_BPM, _NEAR_SHARE * truth)
    right = (rates.hr >= low - near) & (rates.hr <= high + near)
    outside = (high < RATE_RANGE[0] - _EDGE_BPM) | (low > RATE_RANGE[1] + _EDGE_BPM)
    return Outcome(rates.accepted, right, outside, truth, rates.hr)


def join(outcomes: Iterable[Outcome]) -> Outcome:
    """Windows of several recordings."""
    parts = list(outcomes)
    return Outcome(*(np.concatenate([getattr(part, name) for part in parts]) for name in Outcome.__dataclass_fields__))


def rate_sweep() -> Iterator[Measurement]:
    """Shares of windows that are accepted, and of accepted ones that are wrong, doubled or halved."""
    cases = sorted(draw_cases(), key=lambda case: (case.fps, case.seconds, case.method))
    measured = [(case, measure(case)) for case in cases]  # in this order each null is simulated once
    plain = join(outcome for case, outcome in measured if case.disturbance not in AMBIGUOUS)
    inside, taken = ~plain.outside, plain.accepted & ~plain.outside
    wrong = taken & ~plain.right
    yield Measurement("rate_sweep_wrong", wrong.sum() / taken.sum(), "of accepted windows", at_most=0.01)
    for word, times in (("halved", 0.5), ("doubled", 2.0)):
        folded = wrong & (np.abs(plain.hr / plain.truth / times - 1) < 0.06)
        yield Measurement(f"rate_sweep_{word}", folded.sum() / taken.sum(), "of accepted windows")
    yield Measurement("rate_sweep_accepted", taken.sum() / inside.sum(), "of windows", at_least=0.75)
    beyond = plain.accepted & plain.outside & ~plain.right
    yield Measurement("rate_sweep_outside", beyond.sum() / plain.outside.sum(), "of windows", at_most=0.005)
    pairs = join(outcome for case, outcome in measured if case.disturbance in AMBIGUOUS)
    yield Measurement(
        "rate_sweep_bigeminy", (pairs.accepted & ~pairs.right).sum() / pairs.accepted.sum(), "of accepted windows"
    )
