"""Pictures that are drawn for the guide alone: not copies of a study's figures."""

import re
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from matplotlib.figure import Figure
from PIL import Image

from benchmarks.numbers import read_summary
from benchmarks.quoted import Numbers
from cuffless.config import FigureOptions
from cuffless.config.study import StudyOptions
from cuffless.figures.style import GREY, PRESSURES, house_style, network_name, new_figure, panel_title
from docs.made.printed import output_of
from docs.made.rules import plot_rule

LOOKS = FigureOptions(dpi=160, width_inch=6.0)
RECORD = "results/cohort/raw/p00/p000008/p000008-2131-03-03-06-45"
TRACE = "results/cohort/camera/traces/v002.npz"
PAGE = Path(__file__).resolve().parents[1] / "own_method.md"
STUDIES = {"real": ("real patients", LOOKS.colours[1]), "cohort": ("simulated people", LOOKS.colours[0])}


def rule_picture(rule: str) -> Image.Image:
    """A kept and a rejected window."""
    return _image(plot_rule(rule))


def inspection(results: Path) -> Image.Image:
    """What ``cuffless inspect --plot`` draws."""
    return _plotted(f"cuffless inspect {RECORD}", results)


def sheet(results: Path) -> Image.Image:
    """What ``cuffless pulse --plot`` draws of colours alone: the face of simulated videos is a photograph."""
    return _plotted(f"cuffless pulse {TRACE}", results)


def own_method(results: Path) -> Image.Image:
    """What ``cuffless pulse --plot`` draws with the page's method from colours."""
    code = re.search(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert code, PAGE
    return _plotted(f"cuffless pulse {TRACE} --method my_ratio:ratio", results, {"my_ratio.py": code.group(1)})


def real_skill(_: Path) -> Image.Image:
    """Skill on people never seen, of real patients and of simulated people, from `resources/numbers.csv`."""
    numbers = Numbers(read_summary())
    networks = StudyOptions().networks
    with house_style(LOOKS):
        figure = new_figure(LOOKS, 2.6)
        axes = figure.subplots(1, 2, sharey=True)
        for p, (ax, pressure) in enumerate(zip(axes, PRESSURES, strict=True)):
            panel_title(ax, p, pressure, LOOKS)
            ax.axvline(0, color=GREY, linewidth=1)
            for s, (study, (label, colour)) in enumerate(STUDIES.items()):
                for n, network in enumerate(networks):
                    value, lower, upper = numbers.skill(study, "nonmixed", network, pressure)
                    y = n + 0.3 * (s - 0.5)
                    ax.plot([lower, upper], [y, y], color=colour, linewidth=1.2)
                    ax.plot(value, y, "os"[s], color=colour, markersize=4, label=label if not n else None)
            ax.set_yticks(range(len(networks)), [network_name(network) for network in networks])
            ax.set_ylim(len(networks) - 0.5, -0.5)
            ax.set_xlabel("skill: share of the mean's error removed")
            ax.grid(axis="x")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return _image(figure)


def _plotted(command: str, results: Path, files: dict[str, str] | None = None) -> Image.Image:
    """The plot of a command."""
    with TemporaryDirectory() as folder:
        for name, text in (files or {}).items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        path = Path(folder) / "plot.png"
        output_of(f'PYTHONPATH="{folder}:$PYTHONPATH" {command} --plot {path}', results)
        with Image.open(path) as image:
            return image.copy()


def _image(figure: Figure) -> Image.Image:
    """A figure in the colours of its pixels."""
    with BytesIO() as buffer:
        figure.savefig(buffer, format="png")
        buffer.seek(0)
        with Image.open(buffer) as image:
            return image.copy()
