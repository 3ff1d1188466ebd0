"""Figure 7: error against the pressure itself."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cuffless.config import FigureOptions
from cuffless.errors import windows_of
from cuffless.figures import style
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import FigureModule

FIGURES = FigureModule(
    arm="splits",
    inputs={
        "bins": "judgement/splits/tables/bins.csv",
        "overall": "judgement/splits/tables/overall.csv",
        "manifests": "designs/splits/{split}.parquet",
        "audits": "designs/splits/{split}.audit.json",
    },
    captions={
        "fig7": "Error in bins of 10 mmHg on people whom the networks have never seen, compared with the mean "
        "regressor; a network that learned nothing shows its V shape (the paper's Figure 7)."
    },
)

HISTOGRAM_MMHG = 2.0
_COLUMNS = 2
CUT = 1.4
"""Whiskers end at this multiple of a panel's highest MAE."""
_LINE = 0.28  # height of a line of counts, where a panel is 4.77 high
_COUNTS_SHARE = 0.8  # of a panel's width, that is left to the bins by the axes' labels
_DODGE = 0.13  # of a bin's width, so that whiskers stand side by side


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 7: the first split, and the second as lighter lines."""
    manifest = given.manifests("manifests")
    splits = [*dict.fromkeys(manifest["split"]), None]
    return plot_fig7(
        given.table("bins"),
        given.table("overall"),
        manifest,
        given.options,
        split=splits[0],
        lighter=splits[1],
        cautions=given.cautions("audits"),
    )


def plot_fig7(
    bins: pd.DataFrame,
    overall: pd.DataFrame,
    manifest: pd.DataFrame,
    options: FigureOptions,
    *,
    split: str = "nonmixed",
    lighter: str | None = "mixed",
    cautions: Sequence[str] = (),
) -> Figure:
    """MAE in bins of the reference pressure, one panel per network (the paper's Figure 7).

    Parameters
    ----------
    bins, overall : DataFrame
        ``bins.csv`` and ``overall.csv`` of the splits' judgement.
    manifest : DataFrame
        One row per window: ``split, subset, subject, sbp, dbp`` (mmHg); its ``options.histogram`` subset of
        `split` is the distribution drawn below.
    options : FigureOptions
    split : str
        The split shown, with the mean regressor's error and the slopes of error on reference.
    lighter : str, optional
        A split whose error is added as a lighter line, if `bins` has it.
    cautions : sequence of str
        What a reader must know of the splits, as from `cuffless.designs.cautions`.

    Raises
    ------
    ValueError
        If `bins` holds no network in `split`.
    """
    shown = bins[bins["case"] == split]
    networks = [name for name in dict.fromkeys(shown["network"]) if name != "mean"]
    if not networks:
        raise ValueError(f"Figure 7: no network was judged in split {split!r}; judged are {sorted(set(bins['case']))}")
    bins = bins[bins["case"].isin([split, lighter])]
    columns = min(_COLUMNS, len(networks))
    rows = -(-len(networks) // columns)
    with style.house_style(options):
        fig = style.new_figure(options, 0.9 + (2.55 if rows <= 3 else 2.25) * rows, share=1.0 if columns > 1 else 0.62)
        panels = fig.subfigures(rows, columns, squeeze=False).ravel()
        cut = False
        pressures = manifest[(manifest["split"] == split) & (manifest["subset"] == options.histogram)]
        for number, (panel, network) in enumerate(zip(panels, networks, strict=False)):
            style.panel_title(panel, number, style.network_name(network), options)
            cut |= _plot_panel(
                panel, bins, overall[overall["average"] == "pooled"], pressures, (network, split, lighter), options
            )
        has_lighter = lighter is not None and (bins["case"] == lighter).any()
        fig.legend(
            handles=_legend(split, lighter if has_lighter else None, shown, options),
            loc="outside upper center",
            ncols=3 if columns > 1 else 2,
        )
        style.note(fig, style.paragraphs(_explain(shown, bins, pressures, networks, cut), *cautions), options)
    return fig


def _plot_panel(panel, bins, overall, pressures, what, options) -> bool:
    """SBP and DBP side by side: error, counts, distribution. Return whether a whisker was cut."""
    (network, split, lighter), cut = what, False
    spans = {p: _span(bins[bins["pressure"] == p]) for p in style.PRESSURES}
    widths = [max(high - low, 1) + 12 for low, high in spans.values()]  # room for the axis' own labels
    steps = _steps(panel, bins[(bins["case"] == split) & (bins["network"] == network)])
    counted = _LINE * (_apart(steps) + steps + 0.2)
    heights = [3.82 - counted, counted, 0.95]
    grid = panel.add_gridspec(3, 2, width_ratios=widths, height_ratios=heights, hspace=0.02)
    for p, pressure in enumerate(style.PRESSURES):
        here = bins[bins["pressure"] == pressure]
        ax = panel.add_subplot(grid[0, p])
        counts = panel.add_subplot(grid[1, p], sharex=ax)
        below = panel.add_subplot(grid[2, p], sharex=ax)
        cut |= _plot_errors(ax, here, network, split, lighter, options)
        _print_slopes(ax, overall[(overall["split"] == split) & (overall["pressure"] == pressure)], network, options)
        _print_counts(counts, here[(here["case"] == split) & (here["network"] == network)], steps, p == 0)
        _plot_distribution(below, pressures[pressure.lower()].to_numpy(), spans[pressure], options)
        low, high = spans[pressure]
        width = (here["bin_high"] - here["bin_low"]).iloc[0]
        ax.set_xlim(low, high)
        below.set_xticks(np.arange(low, high + width / 2, width * (2 if high - low > 6 * width else 1)))
        below.set_xlabel(f"{pressure} (mmHg)")
        if p == 0:
            ax.set_ylabel("MAE (mmHg)")
            below.set_ylabel("%")
    return cut


def _span(bins: pd.DataFrame) -> tuple[float, float]:
    return bins["bin_low"].min(), bins["bin_high"].max()


def _reach(bins: pd.DataFrame, network: str) -> float:
    """Highest point to draw: whiskers of few subjects are cut rather than flatten the rest."""
    shown = bins[bins["network"].isin([network, "mean"])]
    highest = shown["mae"].max()
    return max(min(np.nanmax([highest, shown["upper"].max()]), CUT * highest), 1e-9)


def _plot_errors(ax, bins, network, split, lighter, options) -> bool:
    """Plot the lines; return whether a whisker was cut."""
    reach, any_cut = _reach(bins, network), False
    lines = [
        (network, lighter, options.colours[5], "D", "-", 0.0, 3.0),
        ("mean", split, style.GREY, "s", ":", 1.0, 3.4),
        (network, split, options.colours[0], "o", "-", -1.0, 4.0),
    ]
    for name, where, colour, marker, dashes, side, size in lines:
        rows = bins[(bins["network"] == name) & (bins["case"] == where)].sort_values("bin_low")
        if rows.empty:
            continue
        width = rows["bin_high"].iloc[0] - rows["bin_low"].iloc[0]
        x = ((rows["bin_low"] + rows["bin_high"]) / 2 + side * _DODGE * width).to_numpy()
        y = rows["mae"].to_numpy()
        # A bin without windows breaks the line: nothing is known there.
        breaks = np.flatnonzero(np.diff(rows["bin_low"]) > 1.5 * width) + 1
        ax.plot(np.insert(x, breaks, np.nan), np.insert(y, breaks, np.nan), dashes, color=colour, zorder=2)
        known = rows["lower"].notna().to_numpy()
        lower, upper = rows.loc[known, "lower"].to_numpy(), rows.loc[known, "upper"].to_numpy()
        cut = upper > reach
        any_cut |= bool(cut.any())
        whiskers = np.abs([lower, np.minimum(upper, reach)] - y[known])
        ax.errorbar(x[known], y[known], whiskers, fmt="none", color=colour, elinewidth=0.9, capsize=1.6, zorder=2)
        ax.plot(x[known][cut], np.full(cut.sum(), reach), "^", ms=3, color=colour, zorder=3)
        for which, face in ((known, colour), (~known, "white")):
            ax.plot(x[which], y[which], marker, ms=size, mfc=face, mec=colour, mew=0.9, zorder=3)
    ax.set_ylim(0, 1.32 * reach)  # room for the slopes above all whiskers
    ax.tick_params(labelbottom=False)
    ax.grid(axis="y")
    return any_cut


def _print_slopes(ax, overall: pd.DataFrame, network: str, options: FigureOptions) -> None:
    slope = overall.set_index("network")["slope"]
    text = f"error slope {slope[network]:+.2f}"
    if "mean" in slope.index:
        text += f"\nmean regr. {slope['mean']:+.2f}"
    look = {"fontsize": style.tiny_font(options), "bbox": style.ON_WHITE, "zorder": 1}
    ax.text(0.5, 0.99, text.replace("-", "−"), transform=ax.transAxes, ha="center", va="top", **look)


def _steps(panel, rows: pd.DataFrame) -> int:
    """Lines over which a row of counts alternates, so that neighbours do not overlap."""
    longest = max(len(style.short_count(n)) for n in rows["n_windows"])
    room = _COUNTS_SHARE * 72 * panel.bbox.width / panel.figure.dpi / len(rows)  # points per bin
    return int(np.ceil(0.65 * style.LEAST_FONT * longest / room))


def _apart(steps: int) -> float:
    """Lines from one row of counts to the next: a gap separates rows of several lines."""
    return steps if steps == 1 else steps + 0.5


def _print_counts(ax, rows: pd.DataFrame, steps: int, labelled: bool) -> None:
    """Test windows and subjects of each bin, written under it, in `steps` lines each."""
    rows = rows.sort_values("bin_low")
    centres = (rows["bin_low"] + rows["bin_high"]) / 2
    apart = _apart(steps)
    for row, column in enumerate(("n_windows", "n_subjects")):
        for number, (x, n) in enumerate(zip(centres, rows[column], strict=True)):
            line = apart * row + number % steps
            ax.text(
                x, line, style.short_count(n), ha="center", va="center", fontsize=style.LEAST_FONT, color=style.GREY
            )
    ax.set_ylim(apart + steps - 0.4, -0.6)
    middles = [apart * row + (steps - 1) / 2 for row in (0, 1)]
    ax.set_yticks(
        middles, ["windows", "subjects"] if labelled else ["", ""], fontsize=style.LEAST_FONT, color=style.GREY
    )
    ax.tick_params(length=0, labelbottom=False)
    ax.spines[:].set_visible(False)


def _plot_distribution(ax, values: np.ndarray, span: tuple[float, float], options: FigureOptions) -> None:
    edges = np.arange(span[0], span[1] + HISTOGRAM_MMHG / 2, HISTOGRAM_MMHG)
    if values.size:
        ax.hist(values, bins=edges, weights=np.full(values.size, 100 / values.size), color=style.PALE)
    ax.yaxis.get_major_locator().set_params(nbins=2)


def _legend(split: str, lighter: str | None, bins: pd.DataFrame, options: FigureOptions) -> list:
    def line(label, colour, marker, dashes, size, **more):
        return Line2D([], [], color=colour, marker=marker, linestyle=dashes, ms=size, label=label, **more)

    name = style.split_name(split)
    handles = [line(f"network, {name}", options.colours[0], "o", "-", 4.0)]
    if (bins["network"] == "mean").any():
        handles.append(line(f"mean regressor, {name}", style.GREY, "s", ":", 3.4))
    if lighter is not None:
        handles.append(line(f"network, {style.split_name(lighter)}", options.colours[5], "D", "-", 3.0))
    if bins["lower"].isna().any():
        handles.append(line("too few subjects for an interval", "black", "o", "none", 4.0, mfc="white"))
    handles.append(Patch(color=style.PALE, label=f"windows of the {style.SUBSETS[options.histogram]} set ({name})"))
    return handles


def _explain(
    bins: pd.DataFrame, drawn: pd.DataFrame, pressures: pd.DataFrame, networks: list[str], any_cut: bool
) -> str:
    seeds = int(bins.loc[bins["network"].isin(networks), "seeds"].max())
    text = f"Whiskers: {whiskers}. " if (whiskers := style.intervals(drawn)) else ""
    if any_cut:
        text += f"▲: goes on beyond {CUT:g} times the panel's highest MAE. "
    return (
        f"{text}Counts: test set, {style.split_name(bins['case'].iloc[0])}. "
        f"Error slope: of error on reference pressure (−1: the pressure is ignored). {style.seeds_note(seeds)}\n"
        f"Distribution: {windows_of(len(pressures), pressures['subject'].nunique())}, "
        f"share per {HISTOGRAM_MMHG:g} mmHg."
    )
