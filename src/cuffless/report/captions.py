"""Static figures with their captions; a caption is also the alternative text for those who do not see a figure."""

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from cuffless.figures.registry import all_figures, figure_title

PARTS = {"personalization": "personal", "camera": "camera", "external": "external", "leakage": "doses"}
"""Part of a report that shows the figures of an arm; the others are in ``main``."""
_APART = {"fig7": "answer", "fig_losses": "trainings", "fig1": "networks", "fig_networks": "networks"}


@dataclass(frozen=True)
class Captioned:
    """A figure: its name, its title, one sentence on it, its PNG as a data URI, and its size in pixels."""

    name: str
    title: str
    caption: str
    href: str
    width: int
    height: int


def captioned(figures: Mapping[str, bytes]) -> dict[str, list[Captioned]]:
    """Divide figures over the parts of a report.

    Parameters
    ----------
    figures : mapping of str to bytes
        PNG files by name.

    Returns
    -------
    dict of str to list of Captioned
        By part: `PARTS`, ``answer, trainings, networks`` and ``main``, where an unknown figure is under its own name.
    """
    declared = all_figures()
    found: dict[str, list[Captioned]] = {part: [] for part in ("main", *PARTS.values(), *_APART.values())}
    for name in sorted(figures, key=lambda name: (name not in declared, name)):
        title, part, caption = figure_title(name), "main", f"{figure_title(name)} of this study."
        if name in declared:
            part, caption = PARTS.get(declared[name].arm, "main"), declared[name].captions[name]
        part = _APART.get(name, part)
        href = f"data:image/png;base64,{base64.b64encode(figures[name]).decode()}"
        found[part].append(Captioned(name, title, caption, href, *_size(figures[name])))
    return found


def _size(png: bytes) -> tuple[int, int]:
    """Width and height in the header of a PNG file; with them a page keeps its place while pictures load."""
    return struct.unpack(">II", png[16:24]) if len(png) >= 24 else (0, 0)
