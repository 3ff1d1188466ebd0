"""Mean colours over time, as extracted from a video: the data class and its file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cuffless.camera.arrays import read_arrays
from cuffless.camera.errors import RppgError
from cuffless.camera.video.frame_times import MOST_FPS
from cuffless.errors import shortened
from cuffless.files import whole_file

MOST_COLOUR = 1e18
"""Upper limit of a colour; those of a camera are far lower."""
_ARRAYS = ("t", "rgb", "n_pixels", "rois", "fps", "stamps", "notes")


@dataclass
class Trace:
    """Mean colours of regions of the skin, frame by frame."""

    t: np.ndarray
    """(n,) float64 array: Seconds from the recording's start, rising."""
    rgb: np.ndarray
    """(n, n_roi, 3) float32 array: Mean red, green and blue of each region; NaN where it is not visible."""
    n_pixels: np.ndarray
    """(n, n_roi) int array: Pixels of each region; 0 where it is not visible."""
    rois: tuple[str, ...]
    """Names of the regions."""
    fps: float
    """Frames per second, as from `frame_rate`."""
    stamps: str
    """{"file", "container", "names", "fps"}: Where the times come from; "fps": counted, so that dropped frames and a
    wrong rate go unnoticed."""
    notes: list[str] = field(default_factory=list)
    """What the user should know."""
    read_as: str = ""
    """How a text file was interpreted, in one line; empty for other sources."""
    waves: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    """Waves by custom methods that take frames, as from `wave_of_frames`; `save_trace` does not write them."""
    whole: "Trace | None" = None
    """Of the whole frame, beside regions that were found in it; `save_trace` does not write it."""

    def __post_init__(self):
        self.rois = tuple(self.rois)
        n, regions = len(self.t), len(self.rois)
        if np.shape(self.rgb) != (n, regions, 3) or np.shape(self.n_pixels) != (n, regions):
            raise ValueError(
                f"{n} times and {regions} regions, but colours of shape {np.shape(self.rgb)} and pixels of shape "
                f"{np.shape(self.n_pixels)}; (n, n_roi, 3) and (n, n_roi) are needed"
            )

    @property
    def seconds(self) -> float:
        """Length: the last frame counts in full."""
        return float(self.t[-1] - self.t[0] + 1 / self.fps) if len(self.t) else 0.0


def frame_rate(t: np.ndarray) -> float:
    """Frame rate of a recording.

    Parameters
    ----------
    t : (n,) float array
        Times in seconds, strictly rising, at least two.

    Returns
    -------
    float
        Frames per second: one over the slope of the times against the frames' numbers, by least squares. Stretches
        restart where an interval is far from the median, as where frames were lost.

    Notes
    -----
    Times of Matroska are whole milliseconds: their median interval would turn 30 frames per second into 30.3, and the
    mean of the intervals is off by as much as the first and the last time are rounded.
    """
    steps = np.diff(t)
    median = np.percentile(steps, 50, method="lower")  # one of them
    starts = np.concatenate(([0], np.flatnonzero(np.abs(steps - median) > median / 2) + 1))
    lengths = np.diff(np.concatenate((starts, [len(t)])))
    number, time = (
        values - np.repeat(np.add.reduceat(values, starts) / lengths, lengths)
        for values in (np.arange(len(t), dtype=float), t - t[0])
    )
    return float(number @ number / (number @ time))


def mean_over_rois(trace: Trace) -> np.ndarray:
    """Mean colour over the visible regions, weighted by their numbers of pixels.

    Returns
    -------
    (n, 3) float array
        NaN where no region is visible.
    """
    visible = np.isfinite(trace.rgb).all(axis=2)
    weight = np.where(visible, trace.n_pixels, 0).astype(float)
    total = weight.sum(axis=1, keepdims=True)
    colours = np.where(visible[:, :, None], trace.rgb, 0).astype(float)
    summed = np.einsum("nr,nrc->nc", weight, colours)
    return np.divide(summed, total, out=np.full_like(summed, np.nan), where=total > 0)


def save_trace(trace: Trace, path: str | Path) -> None:
    """Write a trace, whole or not at all.

    Parameters
    ----------
    trace : Trace
    path : str or Path
        Ends in ``.npz``.
    """
    arrays: dict[str, Any] = {
        "t": np.asarray(trace.t, np.float64),
        "rgb": np.asarray(trace.rgb, np.float32),
        "n_pixels": np.asarray(trace.n_pixels, np.int32),
        "rois": np.array(trace.rois, dtype=str),
        "fps": np.float64(trace.fps),
        "stamps": np.str_(trace.stamps),
        "notes": np.array(trace.notes, dtype=str),
    }
    with whole_file(path) as part:
        np.savez_compressed(part, **arrays)


def save_reason(reason: str, path: str | Path) -> None:
    """Write why there is no trace, in its place; `load_trace` raises the reason."""
    with whole_file(path) as part:
        np.savez_compressed(part, reason=np.str_(reason))


def load_trace(path: str | Path) -> Trace:
    """Read a trace that `save_trace` wrote.

    Raises
    ------
    RppgError
        If the file cannot be read, is not such a trace, or holds the reason why there is none.
    """
    return trace_from_arrays(path, read_arrays(path))


def trace_from_arrays(path: str | Path, arrays: dict[str, np.ndarray]) -> Trace:
    """Check the arrays of a file and make them a trace; raises what `load_trace` raises."""
    if "reason" in arrays:
        raise RppgError(shortened(arrays["reason"], 400))
    if missing := [name for name in _ARRAYS if name not in arrays]:
        raise RppgError(f"{path}: not a cuffless trace: missing {', '.join(missing)}; run extract_trace again")
    t, rgb, n_pixels, rois, fps, stamps, notes = (arrays[name] for name in _ARRAYS)
    n, regions = t.size, rois.size
    rising = t.shape == (n,) and _numeric(t) and np.isfinite(t).all() and (np.diff(t) > 0).all()
    coloured = rgb.shape == (n, regions, 3) and _numeric(rgb) and not impossible_colours(rgb).any()
    counted = n_pixels.shape == (n, regions) and n_pixels.dtype.kind in "iu" and not (n_pixels < 0).any()
    checks = {
        "t": (rising, "rising seconds"),
        "rgb": (coloured, f"colours (n, n_roi, 3) from 0 to {MOST_COLOUR:g} or missing"),
        "n_pixels": (counted, "counts (n, n_roi)"),
        "rois": (rois.ndim == 1 and rois.dtype.kind == "U", "names"),
        "fps": (fps.ndim == 0 and _numeric(fps) and 0 < fps <= MOST_FPS, f"a number up to {MOST_FPS:g}"),
        "stamps": (stamps.ndim == 0 and stamps.dtype.kind == "U", "a word"),
        "notes": (
            notes.ndim == 1 and notes.dtype.kind in "Uf",
            "lines of text",
        ),  # an empty list of notes is saved as floats
    }
    for name, (right, expected) in checks.items():
        if not right:
            held = f"{arrays[name].dtype} of shape {arrays[name].shape}"
            raise RppgError(f"{path}: {name} must be {expected}, but is {held}; extract the trace again")
    texts = [shortened(note, 300) for note in notes]
    return Trace(t, rgb, n_pixels, tuple(map(str, rois)), float(fps), str(stamps), texts)


def impossible_colours(colours: np.ndarray) -> np.ndarray:
    """Where values cannot be colours: negative, infinite, or beyond what single precision can hold squared."""
    return (colours < 0) | (colours > MOST_COLOUR)


def is_saved_trace(arrays: dict[str, np.ndarray]) -> bool:
    """Whether the arrays of a file are those of `save_trace`."""
    return set(_ARRAYS) <= set(arrays)


def _numeric(array: np.ndarray) -> bool:
    return array.dtype.kind in "iuf"
