"""What each static figure shows, in one sentence; the same words are its text for those who do not see it."""

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass

MAIN = {
    "fig1": "The network as it was built, layer by layer, with output shapes and parameters (the paper's Figure 1).",
    "fig2": "Error by length and kind of the windows and by derivative channels (the paper's Figure 2).",
    "fig4": "Subjects by the number of windows that they contribute before the cap (the paper's Figure 4).",
    "fig5": "Reference pressures in the training, validation and test sets of each split (the paper's Figure 5).",
    "fig6": "Mean absolute error on the test sets of both splits, with intervals over subjects (the paper's Figure 6).",
    "fig7": "Error in bins of 10 mmHg on people whom the networks have never seen, beside the mean regressor; a "
    "network that learned nothing has its V, too (the paper's Figure 7).",
    "fig_leakage": "What a leak between training and test windows is worth: error against what they share.",
}
PERSONAL = {
    "fig8": "Absolute errors of subjects 1 to 10 before and after personalization, beside what the calibration values "
    "alone give (the paper's Figure 8).",
    "figA1": "Absolute errors of subjects 11 to 20 before and after personalization (the paper's Figure A1).",
    "fig_budget": "Error against the number of calibration windows and against the time since the last of them.",
}
_TITLES = {"fig_budget": "Calibration budget and drift", "fig_leakage": "Leakage"}
CAMERA = {
    "fig3": "Share of windows with enough SNR by their length, in recordings of faces (the paper's Figure 3).",
    "fig9": "Absolute errors on recordings of faces before and after fine-tuning, by network (the paper's Figure 9).",
    "figA2": "Absolute errors of the subjects whose SBP error fine-tuning on other people lowered, first networks "
    "(the paper's Figure A2).",
    "figA3": "Absolute errors of the subjects whose SBP error fine-tuning on other people lowered, further networks "
    "(the paper's Figure A3).",
    "figA4": "Absolute errors of the subjects whose SBP error fine-tuning on other people did not lower, first "
    "networks (the paper's Figure A4).",
    "figA5": "Absolute errors of the subjects whose SBP error fine-tuning on other people did not lower, further "
    "networks (the paper's Figure A5).",
}


@dataclass(frozen=True)
class Captioned:
    """A figure: its name, its title, one sentence on it, its PNG as a data URI, and its size in pixels."""

    name: str
    title: str
    caption: str
    href: str
    width: int
    height: int


def title_of(name: str) -> str:
    """How a figure is called in print: ``fig7`` is Figure 7."""
    if name in _TITLES:
        return _TITLES[name]
    rest = name.removeprefix("fig").replace("_", " ").strip()
    return f"Figure {rest}" if name.startswith("fig") else name.replace("_", " ")


def captioned(figures: Mapping[str, bytes]) -> dict[str, list[Captioned]]:
    """Divide figures over the parts of a report.

    Parameters
    ----------
    figures : mapping of str to bytes
        PNG files by name.

    Returns
    -------
    dict of str to list of Captioned
        ``main``, ``personal`` and ``camera``; a figure that is not known stands in ``main`` under its own name.
    """
    own = {"personal": PERSONAL, "camera": CAMERA}
    known = {name: part for part, captions in own.items() for name in captions}
    words = {**MAIN, **PERSONAL, **CAMERA}
    found: dict[str, list[Captioned]] = {"main": [], "personal": [], "camera": []}
    order = {name: i for i, name in enumerate(words)}
    for name in sorted(figures, key=lambda name: (order.get(name, len(order)), name)):
        href = f"data:image/png;base64,{base64.b64encode(figures[name]).decode()}"
        caption = words.get(name, f"{title_of(name)} of this study.")
        found[known.get(name, "main")].append(Captioned(name, title_of(name), caption, href, *_size(figures[name])))
    return found


def _size(png: bytes) -> tuple[int, int]:
    """Width and height that a PNG file's header tells; with them a page keeps its place while pictures load."""
    return struct.unpack(">II", png[16:24]) if len(png) >= 24 else (0, 0)
