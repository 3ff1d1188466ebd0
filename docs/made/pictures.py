"""The pictures of README and guide, each declared here with its page and the words for those who cannot see it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from cuffless.provenance import code_digest
from cuffless.rejection import EXPLANATIONS, RULES
from docs.made import drawn

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = PROJECT / "src"
IMAGES = PROJECT / "docs" / "images"
DIGESTS = IMAGES / "digests.json"
"""Digest of the code that drew each picture, when it was made."""
MOST_WIDE, COLOURS = 1440, 64  # pixels; a palette is a third of the bytes, and figures have few colours
FIGURES = "src/cuffless/figures"
_SIMULATED = "simulated people"


@dataclass(frozen=True)
class Picture:
    """A picture in ``docs/images``."""

    name: str
    """Its file's name without the ending."""
    pages: tuple[str, ...]
    """Pages that show it."""
    alt: str
    """What it shows, in words, as on its pages."""
    code: tuple[str, ...]
    """Files of code that draw it: a change in them, or in modules of figures that they import, makes it stale."""
    result: str = ""
    """Picture of the default study that it is a smaller copy of."""
    draw: Callable[[Path], Image.Image] | None = None
    """Otherwise what draws it, given the folder of results."""

    @property
    def path(self) -> Path:
        """Its file."""
        return IMAGES / f"{self.name}.png"

    def digest(self) -> str:
        """Digest of its code as it is."""
        first, *others = (PROJECT / name for name in self.code)
        return code_digest(first, SOURCE, extra=tuple(map(str, others)), without=_not_of_figures())

    def make(self, results: Path) -> None:
        """Write it."""
        image = self.draw(results) if self.draw else Image.open(results / self.result)
        if image.width > MOST_WIDE:
            image = image.resize((MOST_WIDE, round(image.height * MOST_WIDE / image.width)), Image.Resampling.LANCZOS)
        image = image.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        image.save(self.path, optimize=True)


def _judged(name: str, pages: tuple[str, ...], alt: str, module: str) -> Picture:
    """A figure of the judgement of people never seen."""
    result = f"cohort/judgement/splits/figures/{name}.png"
    return Picture(name.replace("_nonmixed", ""), pages, alt, (f"{FIGURES}/judgement/{module}.py",), result)


def _of_rule(rule: str) -> Picture:
    def draw(_: Path) -> Image.Image:
        return drawn.rule_picture(rule)

    alt = f"A kept window, and one rejected under {rule}: {EXPLANATIONS[rule]} ({_SIMULATED})"
    return Picture(f"rule_{rule}", ("docs/rejections.md",), alt, ("docs/made/rules.py",), draw=draw)


PICTURES = (
    Picture(
        "fig7",
        ("README.md", "docs/tutorial.md"),
        "Figure 7: error of four networks in bins of SBP and DBP. On people never seen it is low near the mean "
        "pressure and grows on both sides, as that of the mean does; on people known it is low everywhere "
        f"({_SIMULATED})",
        (f"{FIGURES}/paper/fig7.py",),
        "figures/fig7.png",
    ),
    Picture(
        "fig_budget",
        ("docs/tutorial.md",),
        "Error against the number of calibration windows and against the time since the last of them, and first "
        f"against random calibration windows under three protocols ({_SIMULATED})",
        (f"{FIGURES}/study/fig_budget.py",),
        "figures/fig_budget.png",
    ),
    Picture(
        "fig9",
        ("docs/tutorial.md",),
        f"Error of networks on pulse waves from videos, before and after fine-tuning, beside baselines ({_SIMULATED})",
        (f"{FIGURES}/paper/fig9.py",),
        "figures/fig9.png",
    ),
    Picture(
        "fig_leakage",
        ("docs/leakage.md",),
        "Error of one network on splits that share more and more, and on people who differ more and more "
        f"({_SIMULATED})",
        (f"{FIGURES}/study/fig_leakage.py",),
        "figures/fig_leakage.png",
    ),
    Picture(
        "sheet",
        ("docs/rppg.md",),
        "Contact sheet of one recording: colours of the skin, an excerpt of the pulse wave, pulse rate and SNR of each "
        "window (a simulated pulse)",
        (f"{FIGURES}/study/contact_sheet.py",),
        draw=drawn.sheet,
    ),
    Picture(
        "inspect",
        ("docs/own_records.md",),
        "PPG and arterial pressure with beats marked, and below them SBP and DBP over ten minutes; windows above "
        "165 mmHg are rejected (a simulated person)",
        (f"{FIGURES}/study/inspection.py",),
        draw=drawn.inspection,
    ),
    Picture(
        "own_method",
        ("docs/own_method.md",),
        "Contact sheet of a recording with the wave of green over red: colours, pulse wave, pulse rate and "
        "SNR of each window (a simulated pulse)",
        (f"{FIGURES}/study/contact_sheet.py",),
        draw=drawn.own_method,
    ),
    Picture(
        "real_skill",
        ("docs/real_people.md",),
        "Skill of four networks on people never seen. Of real patients, no interval lies above zero; of simulated "
        "people, only that of the LSTM for SBP does",
        ("docs/made/drawn.py",),
        draw=drawn.real_skill,
    ),
    _judged(
        "skill_nonmixed",
        ("docs/own_predictions.md",),
        f"Skill of each network against each baseline with its interval; zero is doing nothing ({_SIMULATED})",
        "plots",
    ),
    _judged(
        "bins_nonmixed",
        ("docs/own_predictions.md",),
        f"Error of each network in bins of the reference, and how many windows each bin has ({_SIMULATED})",
        "plots",
    ),
    _judged(
        "agreement_nonmixed_alexnet",
        ("docs/own_predictions.md",),
        f"Bland-Altman plot: mean error of each person, bias and limits of agreement ({_SIMULATED})",
        "plots",
    ),
    _judged(
        "intervals_nonmixed_alexnet",
        ("docs/own_network.md",),
        "Share of windows that the intervals hold at each pressure and their width, beside those of the population "
        f"mean ({_SIMULATED})",
        "intervals",
    ),
    *map(_of_rule, RULES),
)

ELSEWHERE = {"false_pulses": "python -m benchmarks false_pulses"}
"""Pictures of simulated noise that a benchmark makes."""


def results_copied() -> list[str]:
    """Files of the default study as Snakemake's targets; figures of a judgement come with its page."""
    files = {picture.result for picture in PICTURES if picture.result}
    return sorted({"results/" + re.sub("(judgement/.*)figures/.*", r"\1judgement.html", name) for name in files})


def make_pictures(results: Path) -> list[Path]:
    """Write all pictures and the digests of their code; returns the files."""
    for picture in PICTURES:
        picture.make(results)
    digests = {picture.name: picture.digest() for picture in PICTURES}
    DIGESTS.write_text(json.dumps(digests, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return [picture.path for picture in PICTURES]


def _not_of_figures() -> tuple[str, ...]:
    """Modules of the package outside of its figures: what they compute is in the results."""
    names = (path.relative_to(SOURCE).with_suffix("").parts for path in (SOURCE / "cuffless").rglob("*.py"))
    dotted = (".".join(parts).removesuffix(".__init__") for parts in names)
    return tuple(name for name in dotted if not name.startswith("cuffless.figures"))
