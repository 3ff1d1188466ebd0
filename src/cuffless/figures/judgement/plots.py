"""Figures of a judgement: skill against doing nothing, error against the pressure, agreement."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cuffless.config import FigureOptions
from cuffless.errors import plural
from cuffless.figures import layout, style
from cuffless.judgement.names import BASELINES, POPULATION_MEAN, baseline_name

_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<")
_MOST_NETWORKS = 8
_ROW, _PANEL = 0.3, 2.6  # inches
_LEAST_SKILL = -1.0  # what lies further left is drawn at the edge, as an arrow


def plot_skill(skill: pd.DataFrame, options: FigureOptions) -> Figure:
    """Skill of a case's predictors against each baseline, subjects counting the same; `skill`: rows of the case."""
    rows = skill[(skill["average"] == "subject") & skill["skill"].notna()]
    networks = list(dict.fromkeys(skill["network"]))[:_MOST_NETWORKS]
    names = [name for name in BASELINES if name in set(rows["baseline"])]
    text = _skill_note(skill, rows, networks)
    with style.house_style(options):
        handles = [_handle(n, network, options) for n, network in enumerate(networks)]
        room = max(_ROW * len(names) * (0.6 + 0.4 * len(networks)), 1.0) + 0.7
        pressures = list(dict.fromkeys(skill["pressure"]))
        lines, columns = layout.grid_of(pressures, options)
        fig = layout.worded_figure(room * layout.font_scale(options) * lines, handles, "", text, options)
        for p, pressure in enumerate(pressures):
            ax = fig.add_subplot(lines, columns, p + 1)
            style.panel_title(ax, p, pressure, options)
            _plot_skill_panel(ax, rows[rows["pressure"] == pressure], networks, names, options)
            if p % columns:
                ax.set_yticklabels([])
    return fig


def _handle(number: int, network: str, options: FigureOptions) -> Line2D:
    look = {"color": options.colours[number % len(options.colours)], "marker": _MARKERS[number % len(_MARKERS)]}
    return Line2D([], [], linestyle="none", markersize=4, label=style.network_name(network), **look)


def _plot_skill_panel(ax, rows: pd.DataFrame, networks: list[str], names: list[str], options: FigureOptions) -> None:
    ax.axvline(0, color=style.GREY, linewidth=1)
    dodge = 0.7 / max(len(networks), 1)
    for n, network in enumerate(networks):
        handle = _handle(n, network, options)
        for row in rows[rows["network"] == network].itertuples():
            y = names.index(row.baseline) + (n - (len(networks) - 1) / 2) * dodge
            x = max(row.skill, _LEAST_SKILL)
            if np.isfinite(row.lower):
                ax.plot([max(row.lower, _LEAST_SKILL), row.upper], [y, y], color=handle.get_color(), linewidth=1.1)
            cut = row.skill < _LEAST_SKILL
            ax.plot(x, y, marker="<" if cut else handle.get_marker(), color=handle.get_color(), markersize=4)
            if cut:
                style.write_beside(ax, f"{row.skill:.1f}", (x, y), (4, 4), style.tiny_font(options), color=style.GREY)
    ax.set_yticks(range(len(names)), [baseline_name(name, _in_sample(rows, name)) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(_LEAST_SKILL - 0.05, 1)
    ax.set_xlabel("skill: share of the baseline's MAE removed\n◂ worse than it     better than it ▸")
    ax.grid(axis="x")


def _in_sample(rows: pd.DataFrame, baseline: str) -> bool:
    return "in_sample" in rows and bool(rows.loc[rows["baseline"] == baseline, "in_sample"].any())


def _skill_note(skill: pd.DataFrame, rows: pd.DataFrame, networks: list[str]) -> str:
    subjects = int(skill["n_subjects"].max())
    interval = " or ".join(sorted(set(rows["interval"].dropna()))) or "none"
    absent = [name for name in BASELINES if name not in set(rows["baseline"])]
    missing = f" Not assessable: {', '.join(BASELINES[name] for name in absent)}." if absent else ""
    more = len(set(skill["network"])) - len(networks)
    others = f" {plural(more, 'further predictor')}: see the table." if more else ""
    return (
        f"{plural(subjects, 'subject')}, each counting the same; lines: intervals over subjects ({interval}). Mean and "
        "median, heart rate and demographics are fitted on training subjects, or in-sample on those tested; "
        f"calibration baselines know the subject's own values.{missing}{others}"
    )


def plot_judged_bins(bins: pd.DataFrame, skill: pd.DataFrame, options: FigureOptions) -> Figure:
    """MAE of a case's predictors in bins of the reference, and the bins' windows; the tables: rows of the case."""
    networks = [name for name in dict.fromkeys(bins["network"]) if name != "mean"][:_MOST_NETWORKS]
    mean = baseline_name(POPULATION_MEAN, _in_sample(skill, POPULATION_MEAN))
    text = (
        "Lines: intervals over subjects; bins whose subjects are worth fewer than 6 equally long ones have none. "
        f"Below: windows of each bin; bins with few say little. {mean.capitalize()}: always the mean of the "
        f"{'test subjects' if _in_sample(skill, POPULATION_MEAN) else 'training rows'}."
    )
    with style.house_style(options):
        handles = [_handle(n, network, options) for n, network in enumerate(networks)]
        if "mean" in set(bins["network"]):
            handles.append(Line2D([], [], color=style.GREY, linestyle="--", label=mean))
        pressures = list(dict.fromkeys(bins["pressure"]))
        lines, columns = layout.grid_of(pressures, options)
        fig = layout.worded_figure(_PANEL * layout.font_scale(options) * lines, handles, "", text, options)
        parts = fig.add_gridspec(2 * lines, columns, height_ratios=[3, 1] * lines)
        for p, pressure in enumerate(pressures):
            own = bins[bins["pressure"] == pressure]
            line, column = divmod(p, columns)
            ax = fig.add_subplot(parts[2 * line, column])
            style.panel_title(ax, p, pressure, options)
            _plot_bins_panel(ax, own, networks, options)
            below = fig.add_subplot(parts[2 * line + 1, column], sharex=ax)
            counts = own.groupby("bin_low")[["n_windows", "bin_high"]].max()
            middle, width = (counts.index + counts["bin_high"]) / 2, counts["bin_high"] - counts.index
            below.bar(middle, counts["n_windows"], 0.9 * width, color=style.PALE)
            below.set(ylabel="windows", xlabel=f"reference {pressure} (mmHg)")
    return fig


def _plot_bins_panel(ax, bins: pd.DataFrame, networks: list[str], options: FigureOptions) -> None:
    for n, network in enumerate(networks):
        rows = bins[bins["network"] == network].sort_values("bin_low")
        handle, width = _handle(n, network, options), rows["bin_high"] - rows["bin_low"]
        x = (rows["bin_low"] + rows["bin_high"]) / 2 + width * 0.08 * (n - (len(networks) - 1) / 2)
        ax.vlines(x, rows["lower"].clip(lower=0), rows["upper"], color=handle.get_color(), linewidth=0.9)
        ax.plot(x, rows["mae"], color=handle.get_color(), marker=handle.get_marker(), markersize=3.5)
    mean = bins[bins["network"] == "mean"].sort_values("bin_low")
    if len(mean):
        ax.plot((mean["bin_low"] + mean["bin_high"]) / 2, mean["mae"], color=style.GREY, linestyle="--")
    highest = bins["mae"].max()
    ax.set_ylim(0, 1.5 * highest if highest > 0 else 1)
    ax.set_ylabel("MAE (mmHg)")
    ax.tick_params(axis="x", labelbottom=False)
    ax.grid(axis="y")
