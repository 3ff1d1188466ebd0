"""Pictures of the page of one recording: frames with their regions, and figures for wide and narrow screens."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from cuffless.camera.pulse.verdict import Rates
from cuffless.camera.skin.roi import Regions
from cuffless.camera.skin.trace import Trace
from cuffless.config import FigureOptions
from cuffless.figures.study.contact_sheet import reduced_frame
from cuffless.figures.study.pulse_panels import pulse_figures
from cuffless.figures.style import render
from cuffless.figures.time_axis import time_unit

WIDE, NARROW = FigureOptions(dpi=200), FigureOptions(dpi=200, width_inch=3.5)
_MOST_BYTES = 100_000  # of an SVG, before a PNG is tried
_QUALITY = 85  # of a JPEG


@dataclass(frozen=True)
class Drawn:
    """A figure for wide and for narrow screens: data URIs, and the size of the wide one in points."""

    wide: str
    narrow: str
    width: int
    height: int


@dataclass(frozen=True)
class Shown:
    """A frame: JPEG as data URI, its size in pixels, its time in words, and the corners and colour of each region."""

    href: str
    width: int
    height: int
    time: str
    outlines: tuple[tuple[str, str, str], ...]
    """Name, corners as SVG takes them, and colour."""

    @property
    def words(self) -> str:
        """What it shows."""
        names = ", ".join(name for name, _, _ in self.outlines)
        return f"frame at {self.time}: {f'outlined: {names}' if names else 'no region visible'}"


def drawn_figures(trace: Trace | None, rates: Rates | None, roi_colours: Mapping[str, str]) -> dict[str, Drawn]:
    """The figures of `pulse_figures`, each in two widths."""
    wide, narrow = (pulse_figures(trace, rates, options, roi_colours) for options in (WIDE, NARROW))
    drawn = {}
    with TemporaryDirectory() as folder:
        for name, figure in wide.items():
            width, height = (round(72 * inches) for inches in figure.get_size_inches())
            own, small = (_href(each, Path(folder)) for each in (figure, narrow[name]))
            drawn[name] = Drawn(own, small, width, height)
    return drawn


def _href(figure: Figure, folder: Path) -> str:
    """SVG, which is sharp in any size, or PNG if that is shorter: a long recording has thousands of marks."""
    render(figure, folder / "figure.svg")
    drawn, kind = (folder / "figure.svg").read_bytes(), "svg+xml"
    if len(drawn) > _MOST_BYTES:
        figure.set_layout_engine("none")  # laid out once
        render(figure, folder / "figure.png")
        drawn, kind = min((drawn, kind), ((folder / "figure.png").read_bytes(), "png"), key=lambda one: len(one[0]))
    return f"data:image/{kind};base64,{base64.b64encode(drawn).decode()}"


def shown_frames(
    frames: Sequence[tuple[float, np.ndarray]], regions: Regions | None, colours: Mapping[str, str]
) -> list[Shown]:
    """Frames, as (t, blue, green, red), with the regions where they are at that time."""
    scale, unit = time_unit(frames[-1][0]) if frames else (1.0, "s")
    shown = []
    for t, frame in frames:
        height, width = frame.shape[:2]
        encoded = BytesIO()
        Image.fromarray(np.ascontiguousarray(reduced_frame(frame)[:, :, ::-1])).save(encoded, "JPEG", quality=_QUALITY)
        href = f"data:image/jpeg;base64,{base64.b64encode(encoded.getvalue()).decode()}"
        polygons = regions.polygons_at(t) if regions else {}
        outlines = tuple(
            (name, " ".join(f"{x + 0.5:.1f},{y + 0.5:.1f}" for x, y in polygon), colours[name])  # centres of pixels
            for name, polygon in polygons.items()
            if polygon is not None
        )
        shown.append(Shown(href, width, height, f"{t / scale:.1f} {unit}", outlines))
    return shown
