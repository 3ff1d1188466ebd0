import numpy as np
import pandas as pd
import pytest
from figure_reading import assert_legible

from cuffless.config import FigureOptions
from cuffless.figures.study.fig_leakage import dose_names, plot_fig_leakage
from cuffless.figures.style import save_figure

DOSES = [("nonmixed", "nonmixed", 0.0), ("record", "record", 0.0), ("mixed", "mixed", 0.0), ("half", "mixed", 0.5)]


def table(doses=DOSES, subjects=60, **columns):
    rows = []
    for number, (dose, kind, overlap) in enumerate(doses):
        for network, error in (("alexnet", 14.0 - 3 * number), ("mean", 16.0)):
            for pressure, scale in (("SBP", 1.0), ("DBP", 0.5)):
                known = subjects >= 6
                limits = {"lower": scale * (error - 1), "upper": scale * (error + 2)}
                row = {"dose": dose, "kind": kind, "overlap": overlap, "network": network, "pressure": pressure}
                row |= {"average": "pooled", "mae": scale * error, "confidence": 0.95, "seeds": 1}
                row |= limits if known else dict.fromkeys(limits, np.nan)
                row |= {"interval": "percentile" if known else "too few subjects", "n_subjects": subjects}
                row |= {"n_windows": 900 + number, "n_training_windows": 2000, "known_subject": number / 3}
                rows.append(row | {"known_record": 0.0, "known_signal": 0.4 * overlap, **columns})
    return pd.DataFrame(rows)


def dial():
    return pd.concat([table([DOSES[0], DOSES[2]], confounding=value) for value in (0.0, 0.5, 2.0)])


def texts(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def points(ax):
    """Heights of all markers of an axes."""
    return sorted(
        round(float(y), 2) for line in ax.lines if line.get_marker() not in ("None", "_", "|") for y in line.get_ydata()
    )


def test_every_dose_stands_beside_its_mean_regressor():
    fig = plot_fig_leakage(table(), dial(), FigureOptions())
    sbp = fig.axes[0]
    assert points(sbp) == sorted([14.0, 11.0, 8.0, 5.0, 16.0, 16.0, 16.0, 16.0])
    assert {"14.0", "5.0", "16.0", "7.0"} <= set(texts(fig))
    assert texts(fig).count("100 %") == 2  # subjects known in the last dose, for SBP and for DBP
    assert texts(fig).count("20 %") == 2


def test_the_dial_has_a_line_a_split_and_the_mean_regressor():
    fig = plot_fig_leakage(table(), dial(), FigureOptions())
    panel = next(ax for ax in fig.axes if ax.get_xlabel().startswith("scale of confounders"))
    drawn = [line for line in panel.lines if line.get_linestyle() not in ("None", "none")]
    assert sorted(line.get_ydata().tolist() for line in drawn) == [[11.0] * 3, [14.0] * 3, [16.0] * 3]


def test_bars_reach_over_the_interval_and_open_points_have_none():
    fig = plot_fig_leakage(table(), dial(), FigureOptions())
    spans = [tuple(path.vertices[:, 1]) for bars in fig.axes[0].collections for path in bars.get_paths()]
    assert (13.0, 16.0) in spans
    few = plot_fig_leakage(table(subjects=4), dial().iloc[:0], FigureOptions())
    assert not [path for bars in few.axes[0].collections for path in bars.get_paths()]
    assert any(line.get_markerfacecolor() == "white" and len(line.get_ydata()) for line in few.axes[0].lines)
    assert "Bars" not in few._supxlabel.get_text()


def test_doses_are_called_by_what_they_share():
    assert dose_names(table()) == {
        "nonmixed": "patient-disjoint",
        "record": "record-disjoint",
        "mixed": "mixed",
        "half": "mixed, 50 % overlap",
    }
    assert dose_names(table([("one", "mixed", 0.0), ("two", "mixed", 0.0)])) == {"one": "one", "two": "two"}


@pytest.mark.parametrize("options", [{}, {"width_inch": 3.4}, {"font_size": 12.0}])
@pytest.mark.parametrize("turned", [True, False])
def test_no_words_collide_or_leave_the_figure(options, turned):
    given = dial() if turned else dial().iloc[:0]
    assert_legible(plot_fig_leakage(table(), given, FigureOptions(**options)))


def test_a_table_without_a_network_is_refused():
    rows = table()
    with pytest.raises(ValueError, match=r"no network was judged; the table has \['mean'\]"):
        plot_fig_leakage(rows[rows["network"] == "mean"], dial(), FigureOptions())


def test_the_same_tables_give_the_same_files(tmp_path):
    for name in ("a", "b"):
        save_figure(plot_fig_leakage(table(), dial(), FigureOptions(dpi=60)), tmp_path / f"{name}.pdf")
    for suffix in ("pdf", "png"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
