import numpy as np
import pandas as pd
import pytest
from figure_reading import assert_legible, says

from cuffless.config import TRANSFERS, FigureOptions
from cuffless.figures.study.fig_external import plot_fig_external
from cuffless.figures.style import save_figure

CLEAN = pd.DataFrame([{"trained_on": "a", "tested_on": "b", "kind": "shared_subject", "verdict": "none", "count": 0}])
LEAK = CLEAN.assign(verdict="found", count=3.0)


def table(datasets=("cohort", "monitor_a", "bcg"), networks=("alexnet",), subjects=8):
    rows = []
    for tested in datasets:
        for trained in datasets:
            for setting in TRANSFERS if trained != tested else TRANSFERS[:1]:
                for network in networks:
                    for pressure in ("SBP", "DBP"):
                        skill = 0.25 if trained == tested else -0.1
                        row = {"trained_on": trained, "tested_on": tested, "setting": setting, "network": network}
                        row |= {"baseline": "tested_mean", "pressure": pressure, "average": "subject", "skill": skill}
                        limits = (skill - 0.2, skill + 0.1 if trained == tested else skill + 0.05)
                        row |= dict(zip(("lower", "upper"), limits if subjects > 5 else (np.nan,) * 2, strict=True))
                        rows += [row | {"n_subjects": subjects}, row | {"average": "pooled", "skill": 0.77}]
    return pd.DataFrame(rows)


def cells(ax):
    """Words of a matrix by their place: column and row."""
    found = {}
    for text in ax.texts:
        x, y = text.get_position()
        found.setdefault((round(x), round(y)), []).append(text.get_text())
    return found


def drawn(rows=None, leaks=CLEAN, options=FigureOptions(), people=5):
    return plot_fig_external(table() if rows is None else rows, leaks, options, people=people)


def test_there_is_a_matrix_for_each_setting_and_pressure_with_own_networks_on_its_diagonal():
    fig = drawn()
    assert len(fig.axes) == 6
    for ax in fig.axes:
        found = cells(ax)
        assert len(found) == 9
        assert found[1, 1] == ["0.25", "[0.05, 0.35]"]
        assert found[0, 1] == ["−0.10", "[−0.30, −0.05]"]
    assert says(fig, "line fitted on 5 people there")


def test_rows_are_trained_on_and_columns_are_tested_on():
    rows = table(("a", "b"))
    rows.loc[(rows["trained_on"] == "a") & (rows["tested_on"] == "b"), "skill"] = 0.5
    ax = drawn(rows).axes[0]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("trained on", "tested on")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]
    assert cells(ax)[1, 0][0] == "0.50"


def test_an_interval_without_0_is_bold_and_its_absence_is_written():
    bold = {text.get_text(): text.get_fontweight() for text in drawn().axes[0].texts}
    assert bold["−0.10"] == "bold"
    rows = table()
    rows["lower"] = -0.9
    rows["upper"] = 0.9
    assert {text.get_fontweight() for text in drawn(rows).axes[0].texts} == {"normal"}
    assert cells(drawn(table(subjects=5)).axes[0])[0, 0] == ["0.25", "no interval"]


def test_several_networks_are_named_in_each_cell():
    fig = drawn(table(networks=("alexnet", "lstm")))
    assert cells(fig.axes[0])[0, 0] == ["AlexNet 0.25", "LSTM 0.25"]
    many = drawn(table(tuple(f"ward{k}" for k in range(6)), ("alexnet", "lstm")))
    assert cells(many.axes[0])[0, 0] == ["0.25", "0.25"]
    assert says(many, "In each cell from the top: AlexNet, LSTM.")


def test_a_leak_that_was_let_pass_is_a_warning_above_all():
    assert says(drawn(leaks=LEAK), "WARNING: a to b: shared subject (3)")
    assert not says(drawn(), "WARNING")


@pytest.mark.parametrize(
    ("datasets", "networks", "options"),
    [
        (("cohort", "monitor_a", "monitor_b", "bcg"), ("alexnet",), {}),
        (("cohort", "monitor_a", "monitor_b", "bcg"), ("alexnet", "resnet", "slapnicar", "lstm"), {"width_inch": 3.4}),
        (("ward", "lab"), ("alexnet", "resnet"), {"font_size": 12.0}),
    ],
)
def test_no_words_collide_or_leave_the_figure(datasets, networks, options):
    assert_legible(drawn(table(datasets, networks), LEAK, FigureOptions(**options)))


def test_a_limit_near_0_shows_its_side_and_limits_without_room_are_left_out():
    rows = table()
    rows["upper"] = -0.001
    assert cells(drawn(rows).axes[0])[0, 1] == ["−0.10", "[−0.30, −0.001]"]
    many = table(tuple(f"ward{k}" for k in range(9)))
    assert cells(drawn(many).axes[0])[0, 1] == ["−0.10"]


def test_a_table_without_that_baseline_is_refused():
    rows = table()
    with pytest.raises(ValueError, match="no skill against tested_mean in the table; judge it again"):
        drawn(rows[rows["baseline"] == "own_network"])


def test_the_same_tables_give_the_same_files(tmp_path):
    for name in ("a", "b"):
        save_figure(drawn(options=FigureOptions(dpi=60)), tmp_path / f"{name}.pdf")
    for suffix in ("pdf", "png"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
