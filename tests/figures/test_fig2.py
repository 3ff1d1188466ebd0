"""Figure 2 shows every run of the input study, its lengths, and what the two tests say."""

from io import StringIO
from itertools import product

import numpy as np
import pandas as pd
import pytest
from figure_reading import assert_legible, says, words
from matplotlib.colors import to_rgb

from cuffless.config import FigureOptions
from cuffless.figures.paper.fig2 import plot_fig2

OPTIONS = FigureOptions(dpi=72)
PAPER = (1, 2, 5, 7, 9, 11, 13, 15, 17, 20)
WAYS = [("time", False), ("beats", False), ("time", True), ("beats", True)]
COMPARED = [
    ("beats vs time", "signal", -1.0),
    ("beats vs time", "derivatives", -1.0),
    ("derivatives vs signal", "time", 0.001),
    ("derivatives vs signal", "beats", 0.001),
]
SHARE = {"SBP": 1.0, "DBP": 0.5}


def study(networks=("alexnet",), lengths=(2, 7, 15), seeds=2, ways=WAYS, mean=10.0, subjects=60, identity="patient"):
    """Tables as the evaluation writes them, of runs between 6 and 9 mmHg (SBP)."""
    rng = np.random.default_rng(0)
    mae, tests = [], []
    counts = {"n_train": 2000, "n_test": 500, "n_subjects": subjects, "identity": identity}
    counts |= {"n_stretches": 3000, "n_asked": 3000}
    for network, (cropping, derivatives) in product(networks, ways):
        key = {"network": network, "derivatives": derivatives, "cropping": cropping}
        for length, seed, (pressure, share) in product(lengths, range(seeds), SHARE.items()):
            error = share * (6 + (cropping == "time") + 1.5 / length + 0.5 * rng.random())
            run = {"length": length, "seed": seed, "pressure": pressure, "mae": error, "mae_mean": share * mean}
            mae.append(key | run | counts)
    pairs = len(lengths) * seeds
    for network, pressure, (name, within, difference) in product(networks, SHARE, COMPARED):
        tests.append(comparison(name, network, pressure, within, difference, pairs, subjects))
    tests = [row | {"identity": identity} for row in tests]
    return pd.DataFrame(mae), pd.DataFrame(tests) if len(ways) == len(WAYS) else pd.DataFrame({"comparison": []})


def comparison(name, network, pressure, within, difference, pairs, subjects):
    key = {"comparison": name, "network": network, "pressure": pressure, "within": within, "alpha": 0.05}
    clear, several, testable = difference < -0.5, pairs > 1, subjects >= 6
    t_test = {"n_pairs": pairs, "difference": difference, "t_p": 0.001 if several else np.nan}
    paired = {"pairing": "by subject" if testable else "too few subjects", "n_subjects": subjects, "family": 8}
    found = {"paired_difference": 1.1 * difference, "paired_significant": clear and testable}
    return key | t_test | paired | found | {"t_significant": clear and several}


def panels(figure, pressure, place):
    """Axes of a pressure, of every network: the pooled ones (0) or those against length (1)."""
    pooled = [ax for ax in figure.axes if ax.get_ylabel() == f"{pressure}: MAE (mmHg)"]
    return pooled if place == 0 else [figure.axes[figure.axes.index(ax) + 1] for ax in pooled]


def marks(ax):
    """Positions of runs in a pooled panel."""
    return [tuple(xy) for line in ax.lines if line.get_marker() in "o^" for xy in line.get_xydata()]


def ways_of(ax):
    """The lines against length."""
    return [line for line in ax.lines if line.get_marker() in ("o", "^")]


def dashed(ax):
    """The mean regressor's line."""
    return [line for line in ax.lines if line.get_marker() == "None" and line.get_linestyle() == "--"]


SMALL = FigureOptions(dpi=72, font_size=6, width_inch=5)
LONG = "a_network_of_a_name_that_hardly_fits_above_its_panels"
STUDIES = {
    "the paper's": ({"networks": ("alexnet", "resnet"), "lengths": PAPER, "seeds": 3}, OPTIONS),
    "far from the mean": ({"mean": 40.0}, OPTIONS),
    "far from the mean, small": ({"mean": 40.0}, SMALL),
    "one network, one length": ({"networks": ("lstm",), "lengths": (7,), "seeds": 1, "subjects": 5}, SMALL),
    "networks of one's own": ({"networks": ("alexnet", "mine", LONG)}, OPTIONS),
    "recordings": ({"networks": ("alexnet", "resnet"), "identity": "record"}, SMALL),
    "one way": ({"networks": ("mine",), "ways": WAYS[:1]}, OPTIONS),
}


@pytest.mark.parametrize(("given", "options"), STUDIES.values(), ids=STUDIES)
def test_words_are_large_enough_inside_the_page_and_apart(given, options):
    assert_legible(plot_fig2(*study(**given), options))


@pytest.mark.parametrize("given", [{}, {"lengths": PAPER, "seeds": 3}, {"lengths": (7,)}])
def test_every_run_is_a_mark_of_its_own(given):
    mae, tests = study(networks=("alexnet", "resnet"), **given)
    figure = plot_fig2(mae, tests, OPTIONS)
    for pressure in SHARE:
        for ax, network in zip(panels(figure, pressure, 0), ("alexnet", "resnet"), strict=True):
            own = mae[(mae["network"] == network) & (mae["pressure"] == pressure)]
            drawn = marks(ax)
            np.testing.assert_allclose(sorted(y for _, y in drawn), sorted(own["mae"]))
            assert len({round(x, 6) for x, _ in drawn}) == len(own)
            for column, (cropping, derivatives) in enumerate(WAYS):
                way = own[(own["cropping"] == cropping) & (own["derivatives"] == derivatives)]
                here = [y for x, y in drawn if round(x) == column]
                np.testing.assert_allclose(sorted(here), sorted(way["mae"]))


def test_bars_are_medians_of_the_pooled_runs():
    mae, tests = study()
    figure = plot_fig2(mae, tests, OPTIONS)
    own = mae[mae["pressure"] == "DBP"]
    medians = own.groupby(["cropping", "derivatives"])["mae"].median()
    bars = [line.get_ydata()[0] for line in panels(figure, "DBP", 0)[0].lines if line.get_color() == "black"]
    np.testing.assert_allclose(bars, [medians[way] for way in WAYS])


def test_lines_run_from_short_to_long_through_medians_with_the_range_of_the_repeats():
    mae, tests = study(seeds=3)
    figure = plot_fig2(mae.sample(frac=1, random_state=3), tests, OPTIONS)
    (ax,) = panels(figure, "SBP", 1)
    lines = ways_of(ax)
    assert len(lines) == len(WAYS)
    for line, (cropping, derivatives) in zip(lines, WAYS, strict=True):
        own = mae[(mae["pressure"] == "SBP") & (mae["cropping"] == cropping) & (mae["derivatives"] == derivatives)]
        each = own.groupby("length")["mae"]
        np.testing.assert_allclose(line.get_ydata(), each.median())
        np.testing.assert_allclose(line.get_xdata(), [2, 7, 15], atol=0.5)
        whiskers = [s[:, 1] for c in ax.collections for s in c.get_segments() if s[0, 0] in line.get_xdata()]
        np.testing.assert_allclose(np.sort(whiskers, axis=1), np.column_stack([each.min(), each.max()]))


def test_one_repeat_has_no_whiskers_and_is_said_to_rank_nothing():
    figure = plot_fig2(*study(seeds=1), OPTIONS)
    assert not any(ax.collections for ax in figure.axes)
    assert says(figure, "1 seed: no ranking of networks")
    assert not says(figure, "whiskers")
    several = plot_fig2(*study(seeds=3), OPTIONS)
    assert says(several, "medians of 3 repeats, whiskers their range")
    assert not says(several, "1 seed")


def test_all_panels_of_a_pressure_have_one_axis():
    mae, tests = study(networks=("alexnet", "resnet"))
    mae.loc[mae["network"] == "resnet", "mae"] *= 1.3
    figure = plot_fig2(mae, tests, OPTIONS)
    for pressure in SHARE:
        limits = {ax.get_ylim() for place in (0, 1) for ax in panels(figure, pressure, place)}
        assert len(limits) == 1
        (low, high), own = limits.pop(), mae.loc[mae["pressure"] == pressure, "mae"]
        assert low < own.min() < own.max() < high


def test_the_four_ways_differ_without_colour():
    lines = ways_of(panels(plot_fig2(*study(), OPTIONS), "SBP", 1)[0])
    assert len({line._unscaled_dash_pattern[1] for line in lines}) == 4
    looks = {(line.get_marker(), line.get_markerfacecolor() == "white") for line in lines}
    assert len(looks) == 4
    time, beats = (np.dot(to_rgb(line.get_color()), [0.299, 0.587, 0.114]) for line in lines[:2])
    assert abs(time - beats) > 0.2


def test_the_mean_regressor_is_a_dashed_line():
    figure = plot_fig2(*study(mean=9.0), OPTIONS)
    for pressure, share in SHARE.items():
        for ax in panels(figure, pressure, 0) + panels(figure, pressure, 1):
            (line,) = dashed(ax)
            np.testing.assert_allclose(line.get_ydata(), share * 9.0)
            assert ax.get_ylim()[0] < share * 9.0 < ax.get_ylim()[1]
    assert not says(figure, "▲")


def test_a_mean_regressor_that_would_flatten_the_runs_is_written_down():
    mae, tests = study(mean=40.0)
    figure = plot_fig2(mae, tests, OPTIONS)
    for pressure in SHARE:
        ax = panels(figure, pressure, 1)[0]
        runs = mae.loc[mae["pressure"] == pressure, "mae"]
        assert np.ptp(ax.get_ylim()) < 2 * np.ptp(runs)
        assert not dashed(ax)
    assert says(figure, "▲ mean regressor 40.0")
    assert says(figure, "▲ mean regressor 20.0")
    assert "mean regressor" not in [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_table_holds_both_tests_of_every_comparison():
    mae, tests = study(networks=("alexnet", "resnet"))
    figure = plot_fig2(mae, tests, OPTIONS)
    tables = [ax for ax in figure.axes if any(text.get_text() == "paired t-test" for text in ax.texts)]
    assert len(tables) == 2
    for ax in tables:
        written = [text.get_text() for text in ax.texts]
        assert written.count("−1.00∗") == 4
        assert written.count("−1.10∗") == 4
        assert written.count("0.00") == 8
    assert says(figure, "sign-flip test on 60 subject means, Holm-corrected over 8 tests")


def test_recordings_are_not_called_subjects():
    figure = plot_fig2(*study(identity="record"), OPTIONS)
    assert says(figure, "by recording, Holm")
    assert says(figure, "60 recordings (patients not known)")
    assert says(figure, "It treats recordings as independent; neighbouring ones may be one patient's")
    assert not says(figure, "subject")
    patients = plot_fig2(*study(), OPTIONS)
    assert says(patients, "by subject, Holm")
    assert not says(patients, "recording")


def test_the_note_says_what_the_croppings_and_the_test_by_subject_do_not():
    figure = plot_fig2(*study(), OPTIONS)
    assert says(figure, "both croppings begin at the same arbitrary phase, unlike the paper's const_HR")
    assert says(figure, "it holds for these trained networks, without their spread over repeats")


def test_fewer_stretches_than_asked_for_are_said():
    mae, tests = study()
    assert not says(plot_fig2(mae, tests, OPTIONS), "in place of")
    figure = plot_fig2(mae.assign(n_asked=150_000), tests, OPTIONS)
    assert says(figure, "3,000 stretches in all, in place of 150,000")


def test_what_cannot_be_tested_is_marked_so():
    figure = plot_fig2(*study(networks=("mine",), lengths=(7,), seeds=1, subjects=5), OPTIONS)
    written = [text.get_text() for text in figure.axes[-1].texts]
    assert written.count("–") == 16
    assert not any("∗" in text for text in written)
    assert says(figure, "too few subjects to test")


def test_tables_read_back_from_csv_give_the_same_figure_and_an_empty_one_none():
    def reread(table):
        return pd.read_csv(StringIO(table.to_csv(index=False)))

    mae, tests = study()
    one, other = plot_fig2(mae, tests, OPTIONS), plot_fig2(reread(mae), reread(tests), OPTIONS)
    assert [text.get_text() for text in words(one)] == [text.get_text() for text in words(other)]
    bare = plot_fig2(reread(mae), reread(tests.iloc[:0]), OPTIONS)
    assert not says(bare, "paired t-test")
    assert not says(bare, "∗")


def test_the_note_counts_windows_subjects_and_runs_and_warns_of_the_mixed_split():
    figure = plot_fig2(*study(), OPTIONS)
    assert says(figure, "each mark is a training run, 6 per column")
    assert says(figure, "2,000 training windows, 500 test windows of 60 subjects")
    assert says(figure, "Mixed split: windows of one subject are on both sides")
    assert says(figure, "nothing about unknown people")


@pytest.mark.parametrize(
    ("ways", "label"), [(WAYS, "length (s or beats)"), (WAYS[:1], "length (s)"), (WAYS[1:2], "length (beats)")]
)
def test_lengths_have_the_units_of_what_was_run(ways, label):
    figure = plot_fig2(*study(ways=ways), OPTIONS)
    assert panels(figure, "DBP", 1)[0].get_xlabel() == label
    assert len(ways_of(panels(figure, "DBP", 1)[0])) == len(ways)


def test_lengths_are_the_ticks():
    figure = plot_fig2(*study(lengths=PAPER), OPTIONS)
    assert sorted(panels(figure, "DBP", 1)[0].get_xticks()) == list(PAPER)
    one = plot_fig2(*study(lengths=(7,)), OPTIONS)
    assert list(panels(one, "DBP", 1)[0].get_xticks()) == [7]


def test_a_network_of_ones_own_keeps_its_name():
    figure = plot_fig2(*study(networks=("my_network", "resnet")), OPTIONS)
    assert says(figure, "(a) my_network")
    assert says(figure, "(b) ResNet")


def test_without_a_run_there_is_no_figure():
    mae, tests = study()
    with pytest.raises(ValueError, match="no training run to plot"):
        plot_fig2(mae.iloc[:0], tests, OPTIONS)


def test_a_mean_regressor_among_the_runs_of_one_pressure_is_drawn_there():
    mae, tests = study(mean=40.0)
    mae.loc[mae["pressure"] == "DBP", "mae_mean"] = mae.loc[mae["pressure"] == "DBP", "mae"].median()
    figure = plot_fig2(mae, tests, OPTIONS)
    assert [len(dashed(panels(figure, pressure, 1)[0])) for pressure in SHARE] == [0, 1]
    assert sum("mean regressor" in text.get_text() for ax in figure.axes for text in ax.texts) == 1
