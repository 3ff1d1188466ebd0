"""Figure 6: overall error of every network, on known and on unknown subjects."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cuffless.config import FigureOptions
from cuffless.errors import plural
from cuffless.figures import style
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import FigureModule

FIGURES = FigureModule(
    arm="splits",
    inputs={
        "overall": "judgement/splits/tables/overall.csv",
        "mae": "judgement/splits/tables/seeds.csv",
        "tests": "judgement/splits/tables/contrasts.csv",
        "audits": "designs/splits/{split}.audit.json",
    },
    captions={
        "fig6": "Mean absolute error on the test sets of both splits, with intervals over subjects (the paper's "
        "Figure 6)."
    },
)

_HATCHES = ("", "////", "....", "xxxx", "----", "++++")
_COLOURS = (0, 5, 4, 2, 3, 1)  # dark first, then light: they differ in greyscale too


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 6."""
    overall, mae, tests = (given.table(key) for key in ("overall", "mae", "tests"))
    return plot_fig6(overall, mae, tests, given.options, cautions=given.cautions("audits"))


def plot_fig6(
    overall: pd.DataFrame,
    mae: pd.DataFrame,
    tests: pd.DataFrame,
    options: FigureOptions,
    *,
    average: str = "pooled",
    cautions: Sequence[str] = (),
) -> Figure:
    """Overall MAE of each network and the mean regressor in each split (the paper's Figure 6).

    Bars with intervals, each seed as a dot where there are several; below, which differences are
    significant by the test paired by subject and by the paper's test on windows.

    Parameters
    ----------
    overall, mae, tests : DataFrame
        ``overall.csv``, ``seeds.csv`` and ``contrasts.csv`` of the splits' judgement.
    options : FigureOptions
    average : {"pooled", "subject"}
        Whether every window or every subject counts the same.
    cautions : sequence of str
        What a reader must know of the splits, as from `cuffless.designs.cautions`.
    """
    overall = overall[overall["average"] == average]
    every, networks = list(dict.fromkeys(overall["split"])), list(dict.fromkeys(overall["network"]))
    splits = every[: len(_HATCHES)]
    overall = overall[overall["split"].isin(splits)]
    tests = tests[tests["split_a"].isin(splits) & tests["split_b"].isin(splits)]
    comparisons = _comparisons(tests)
    with style.house_style(options):
        below = 0.17 * (2 * len(comparisons) + 1)
        fig = style.new_figure(options, 2.9 + below)
        grid = fig.add_gridspec(2, 2, height_ratios=[2.3, max(below, 0.1)])
        for p, pressure in enumerate(style.PRESSURES):
            ax = fig.add_subplot(grid[0, p])
            style.panel_title(ax, p, pressure, options)
            _plot_bars(ax, overall, mae[mae["average"] == average], pressure, (splits, networks), options)
            ax.set_ylabel("MAE (mmHg)")
            if p == 0:
                fig.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=len(splits))
            if comparisons:
                marks = fig.add_subplot(grid[1, p], sharex=ax)
                _plot_marks(marks, tests[tests["pressure"] == pressure], comparisons, networks, p == 0, options)
        left = ", ".join(map(style.split_name, every[len(splits) :]))
        further = f"Further splits, in Table 1 only: {left}." if left else ""
        style.note(fig, style.paragraphs(_explain(overall, tests), further, *cautions), options)
    return fig


def _plot_bars(ax, overall, mae, pressure, order, options) -> None:
    splits, networks = order
    width = 0.84 / len(splits)
    tops = []
    names = [style.network_name(network) for network in networks]
    crowded = len(networks) * len(splits) > 10
    for s, split in enumerate(splits):
        rows = overall[(overall["split"] == split) & (overall["pressure"] == pressure)]
        rows = rows.set_index("network").reindex(networks)
        x = np.arange(len(networks)) + (s - (len(splits) - 1) / 2) * width
        height = rows["mae"].to_numpy()
        look = {"color": options.colours[_COLOURS[s % len(_COLOURS)]], "hatch": _HATCHES[s % len(_HATCHES)]}
        ax.bar(x, height, 0.92 * width, edgecolor="white", linewidth=0, label=_bar_label(rows, split), **look)
        whiskers = np.abs(rows[["lower", "upper"]].to_numpy().T - height)
        known = np.isfinite(whiskers).all(axis=0)
        upper = np.where(known, rows["upper"], height)
        ax.errorbar(x[known], height[known], whiskers[:, known], fmt="none", color="black", elinewidth=0.8, capsize=2)
        for network, centre, value, top in zip(networks, x, height, upper, strict=True):
            if np.isfinite(value):
                look = {"ha": "center", "va": "bottom", "rotation": 90 if crowded else 0}
                style.write_beside(ax, f"{value:.1f}", (centre, top), (0, 2), style.tiny_font(options), **look)
                _plot_seeds(ax, mae, (split, network, pressure), centre, width)
                tops.append(top)
    ax.set_xticks(np.arange(len(networks)), names)
    if len(networks) > 5 or max(map(len, names)) > 10:
        style.slant_labels(ax, 30)
    ax.set_xlim(-0.6, len(networks) - 0.4)
    ax.set_ylim(0, (1.2 if crowded else 1.12) * max(tops))
    ax.grid(axis="y")


def _bar_label(rows: pd.DataFrame, split: str) -> str:
    windows, subjects = rows[["n_windows", "n_subjects"]].max()
    return f"{style.split_name(split)}: {plural(windows, 'test window')}, {plural(subjects, 'subject')}"


def _plot_seeds(ax, mae: pd.DataFrame, key: tuple[str, str, str], centre: float, width: float) -> None:
    """Each seed's MAE as a dot beside the whisker, where there are several seeds."""
    each = mae.set_index(["split", "network", "pressure"]).sort_index().loc[[key], "mae"].to_numpy()
    if each.size > 1 and np.ptp(each) > 0:
        ax.plot(
            np.full(each.size, centre - 0.25 * width), each, "o", ms=2.6, mfc="white", mec="black", mew=0.6, zorder=4
        )


def _comparisons(tests: pd.DataFrame) -> list[tuple[str, str, str]]:
    columns = ["comparison", "split_a", "split_b"]
    found = tests[columns].drop_duplicates()
    # Between splits first: that is what the figure is about.
    return list(found.sort_values("comparison", ascending=False, kind="stable").itertuples(index=False, name=None))


def _plot_marks(ax, tests: pd.DataFrame, comparisons, networks, labelled: bool, options) -> None:
    """One line per comparison and test, one mark per network."""
    labels: list[str] = []
    for comparison, a, b in comparisons:
        against = style.split_name(b) if comparison == "split vs split" else "mean"
        rows = tests[(tests["comparison"] == comparison) & (tests["split_a"] == a) & (tests["split_b"] == b)]
        for kind in ("paired", "KS"):
            for row in rows.itertuples():
                mark, look = _mark(row, kind), {"fontsize": style.tiny_font(options), "color": style.GREY}
                if mark == "∗":
                    look = {"fontsize": style.small_font(options), "color": "black"}
                ax.text(networks.index(row.network_a), len(labels), mark, ha="center", va="center_baseline", **look)
            labels.append(f"{style.split_name(a)} vs {against}: paired" if kind == "paired" else "KS")
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_yticks(range(len(labels)), labels if labelled else [""] * len(labels))
    ax.tick_params(length=0, labelbottom=False, labelsize=style.tiny_font(options))
    ax.spines[:].set_visible(False)
    for line in range(0, len(labels), 4):
        ax.axhspan(line - 0.5, line + 1.5, color="#F2F2F2", zorder=0)


def _mark(row, kind: str) -> str:
    if kind == "KS":
        return "∗" if row.ks_windows_significant else "n.s."
    if row.pairing != "by subject":
        return "–"
    return "∗" if row.paired_significant else "n.s."


def _explain(overall: pd.DataFrame, tests: pd.DataFrame) -> str:
    lines = [f"Whiskers: {whiskers}."] if (whiskers := style.intervals(overall)) else []
    if (overall["interval"] == "too few subjects").any():
        lines.append("No whisker: too few subjects for an interval.")
    networks = overall[overall["network"] != "mean"]
    seeds = int(networks["seeds"].max()) if len(networks) else 1
    lines.append(style.seeds_note(seeds) + (" Dots: each seed." if seeds > 1 else ""))
    if tests.empty:
        return " ".join(lines)
    alpha = tests["alpha"].iloc[0]
    lines.append(
        f"\n∗ significant at {alpha:g}; n.s. not significant; – not testable (too few shared subjects). "
        "\nPaired: by subject, sign-flip test on subject means, Holm-corrected."
        "\nKS: the paper's two-sample Kolmogorov–Smirnov test on absolute errors, uncorrected; "
        "it treats a subject's windows as independent."
    )
    return " ".join(lines)
