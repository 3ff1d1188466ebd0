"""The table of tests below Figure 2."""

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.figures.style import GREY, PALE, PRESSURES, n_range, tiny_font

_COMPARISONS = {"beats vs time": "Beats − time", "derivatives vs signal": "Derivatives − signal"}
_WITHIN = {"signal": "signal", "derivatives": "deriv.", "time": "time", "beats": "beats"}


def subject_words(identity: str) -> tuple[str, str]:
    """Singular and plural of subjects whose identity is ``patient``, ``run`` or ``record``."""
    words = {
        "record": ("recording", "recordings (patients not known)"),
        "run": ("run of recordings", "runs of recordings (patients not known)"),
    }
    return words.get(identity, ("subject", "subjects"))


def table_lines(tests: pd.DataFrame) -> list[tuple[str, str]]:
    """Lines of the table of tests: (comparison, text)."""
    found = [name for name in _COMPARISONS if not tests.empty and (tests["comparison"] == name).any()]
    return [("", "pressures"), *((name, kind) for name in found for kind in ("within", "t", "paired"))] if found else []


def write_tests(ax, tests: pd.DataFrame, lines: list[tuple[str, str]], options: FigureOptions) -> None:
    """One line per comparison and test, as in Figure 6; under each pressure the settings of the other factor."""
    ax.set_xlim(0, 1)
    ax.set_ylim(len(lines) - 0.5, -0.5)
    ax.set_axis_off()
    font = {"fontsize": tiny_font(options), "va": "center_baseline"}
    for y, (comparison, kind) in enumerate(lines):
        if kind == "pressures":
            ax.text(0, y, "difference in MAE (mmHg)", color=GREY, **font)
            for p, pressure in enumerate(PRESSURES):
                ax.text(0.55 + 0.31 * p, y, pressure, ha="center", fontweight="bold", **font)
            continue
        rows = tests[tests["comparison"] == comparison]
        paired = f"by {subject_words(tests['identity'].iloc[0])[0]}, Holm"
        label = {"within": _COMPARISONS[comparison], "t": "paired t-test", "paired": paired}[kind]
        ax.text(0 if kind == "within" else 0.03, y, label, fontweight="bold" if kind == "within" else None, **font)
        if kind == "within":
            ax.axhline(y - 0.5, color=PALE, linewidth=0.6)
        settings = list(dict.fromkeys(rows["within"]))
        for p, pressure in enumerate(PRESSURES):
            for row in rows[rows["pressure"] == pressure].itertuples():
                text, strong = _cell(row, kind)
                column = settings.index(row.within) - (len(settings) - 1) / 2
                ax.text(
                    0.55 + 0.31 * p + 0.15 * column, y, text, ha="center", color="black" if strong else GREY, **font
                )


def _cell(row, kind: str) -> tuple[str, bool]:
    """Text of a cell in the table of tests, and whether it is significant."""
    if kind == "within":
        return _WITHIN.get(row.within, row.within), False
    known = pd.notna(row.t_p) if kind == "t" else row.pairing == "by subject"
    if not known:
        return "–", False
    value, strong = (
        (row.difference, row.t_significant) if kind == "t" else (row.paired_difference, row.paired_significant)
    )
    written = f"{value:+.2f}".replace("-", "−")
    written = "0.00" if written[1:] == "0.00" else written
    return (f"{written}∗", True) if strong else (written, False)


def explain_tests(tests: pd.DataFrame) -> str:
    """What the table's tests are, on how many runs and subjects."""
    tested = tests[tests["pairing"] == "by subject"]
    one = subject_words(tests["identity"].iloc[0])[0]
    paired = f"By {one}: too few {one}s to test."
    if len(tested):
        paired = (
            f"By {one}: sign-flip test on {n_range(tested['n_subjects'])} {one} means, "
            f"Holm-corrected over {n_range(tested['family'])} tests of a comparison; "
            "it holds for these trained networks, without their spread over repeats."
        )
        if one == "recording":
            paired += " It treats recordings as independent; neighbouring ones may be one patient's."
    return (
        f"Table: ∗ significant at {tests['alpha'].iloc[0]:g}; – not testable. "
        f"Paired t-test: the paper's, over runs of equal length and repeat (pairs: {n_range(tests['n_pairs'])}), "
        f"uncorrected; it treats runs on the same windows as independent. {paired}"
    )
