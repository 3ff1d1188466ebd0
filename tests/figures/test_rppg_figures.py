"""Figures 3, 9 and A2 to A5 show their tables, what they rest on, and what is wrong with them."""

from functools import cache
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from figure_reading import assert_contains, assert_legible, below, boxes, line, reread, says
from matplotlib.collections import LineCollection

from cuffless.config import FigureOptions
from cuffless.figures.paper.fig3 import plot_fig3
from cuffless.figures.paper.fig9 import plot_fig9
from cuffless.figures.paper.fig_a2 import plot_fig_a2

OPTIONS = FigureOptions(dpi=72)
NARROW = FigureOptions(dpi=72, font_size=12, width_inch=3.5)
BIG = FigureOptions(dpi=72, font_size=14)
FOUR = ("alexnet", "resnet", "slapnicar", "lstm")
LONG = ("alexnet", "a_network_of_a_name_that_hardly_fits_above_its_panels")
SEVEN = (*FOUR, "mine", "another_of_mine", "third")
SHARE = {"SBP": 1.0, "DBP": 0.55}
SETTINGS = {"before": 17.0, "tuned": 12.0, "random": 8.0, "first": 9.5}
LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20)
LEAK = "12 first windows in training that follow on a test window, or it on them, without a gap"


def shares_table():
    """As `snr_shares` gives it."""
    share = {"recordings": (0.05, 0.85, 0.03), "white noise": (0.30, 0.0, 0.0)}
    rows = [
        {
            "length": float(x),
            "source": source,
            "share": a + b * min(x / 6, 1) + c * (x > 6),
            "n": 2000 if a > 0.1 else 6120 // x,
        }
        for source, (a, b, c) in share.items()
        for x in LENGTHS
    ]
    return pd.DataFrame(rows)


def quartiles(mae):
    return {"mae": mae, "low": 0.02 * mae, "q1": 0.45 * mae, "median": 0.85 * mae, "q3": 1.4 * mae, "high": 2.7 * mae}


def cells(networks):
    """Network, method, setting and MAE, as boxes have them."""
    for (n, network), (setting, mae) in product(enumerate((*networks, "all")), SETTINGS.items()):
        yield network, "network", setting, mae + n
        if setting in ("random", "first"):
            yield network, "offset", setting, mae + n + 0.7
    for setting in SETTINGS:
        yield "none", "mean", setting, 15.0
        if setting in ("random", "first"):
            yield "none", "calibration_mean", setting, 8.8


def box_table(networks=FOUR, subjects=17, seeds=1):
    return pd.DataFrame(
        {"network": network, "method": method, "setting": setting, "pressure": pressure}
        | {"n_subjects": subjects, "n_windows": 3020, "seeds": seeds}
        | {"n_calibration": 0.0 if setting in ("before", "tuned") else 55.0}
        | quartiles(share * mae)
        for (network, method, setting, mae), (pressure, share) in product(cells(networks), SHARE.items())
    )


def contrasts(networks=FOUR, subjects=17):
    """All is significant, but first vs random for DBP and tuned vs before for the first network's SBP."""
    rows = []
    for comparison, network, pressure in product(("tuned vs before", "first vs random"), (*networks, "all"), SHARE):
        nothing = (comparison, pressure) == ("first vs random", "DBP")
        nothing |= (comparison, network, pressure) == ("tuned vs before", networks[0], "SBP")
        known = subjects >= 6
        rows.append(
            {"comparison": comparison, "network": network, "pressure": pressure, "alpha": 0.05}
            | {"ks_windows_significant": network != "all" and pressure == "SBP"}
            | {"pairing": "by subject" if known else "too few subjects", "paired_significant": known and not nothing}
        )
    return pd.DataFrame(rows)


def subject_tables(networks=FOUR, subjects=17, improved=13):
    """Tables subjects.csv and ks.csv; the first `improved` subjects improved, odd ones differ by the test."""
    rng, rows, tests = np.random.default_rng(0), [], []
    own = {number: rng.uniform(0.4, 1.6) for number in range(1, subjects + 1)}
    for (network, method, setting, mae), number, (pressure, share) in product(cells(networks), own, SHARE.items()):
        if network == "all":
            continue
        worse = 1.7 if (method, setting) == ("network", "tuned") and number > improved else 1.0
        rows.append(
            {"network": network, "method": method, "setting": setting, "pressure": pressure, "number": number}
            | {"subject": f"v{number:03d}", "improved": number <= improved, "n_windows": 150 + number}
            | {"n_calibration": 0 if setting in ("before", "tuned") else 50 + number}
            | quartiles(share * own[number] * worse * mae)
        )
    for network, pressure, number in product(networks, SHARE, own):
        for comparison in ("tuned vs before", "first vs tuned", "random vs tuned", "first vs random"):
            different = number % 2 == 1 if comparison != "first vs random" else number % 3 == 1
            key = {"network": network, "pressure": pressure, "number": number, "comparison": comparison}
            tests.append(key | {"significant": different})
    return pd.DataFrame(rows), pd.DataFrame(tests)


def fig3(options=OPTIONS, shares=None, **chosen):
    return plot_fig3(shares_table() if shares is None else shares, options, **chosen)


@cache  # drawn once
def fig9(options=OPTIONS, warnings=(), seeds=1, **study):
    return plot_fig9(box_table(seeds=seeds, **study), contrasts(**study), options, warnings=warnings)


@cache
def fig_a2(options=OPTIONS, which="figA2", warnings=(), seeds=1, **study):
    return plot_fig_a2(*subject_tables(**study), options, which=which, warnings=warnings, seeds=seeds)


def spans(ax):
    return sorted((box.get_path().vertices[:4, 0].min(), box.get_path().vertices[:4, 0].max()) for box in boxes(ax))


def levels(ax, setting):
    """(x from, x to, MAE) of the mean regressor."""
    found = [c for c in ax.collections if isinstance(c, LineCollection) and c.get_label() == f"mean {setting}"]
    return [(*segment[:, 0], segment[0, 1]) for c in found for segment in c.get_segments()]


def marks(ax, wanted):
    return [text.get_position()[0] for text in ax.texts if text.get_text() == wanted]


DRAWN = {
    "fig3": lambda: fig3(),
    "fig3, narrow": lambda: fig3(NARROW),
    "fig9": lambda: fig9(),
    "fig9, one network, three subjects, warned": lambda: fig9(networks=("lstm",), subjects=3, warnings=(LEAK,)),
    "fig9, seven networks": lambda: fig9(networks=SEVEN),
    "fig9, narrow": lambda: fig9(NARROW),
    "fig9, narrow, long names": lambda: fig9(NARROW, networks=LONG, warnings=(LEAK,)),
    "fig9, big": lambda: fig9(BIG),
    "figA2": lambda: fig_a2(),
    "figA2, all": lambda: fig_a2(improved=17, warnings=(LEAK,)),
    "figA3": lambda: fig_a2(which="figA3"),
    "figA4": lambda: fig_a2(which="figA4"),
    "figA4, one subject": lambda: fig_a2(which="figA4", improved=16, networks=("lstm",)),
    "figA2, narrow": lambda: fig_a2(NARROW, improved=17, networks=LONG[1:]),
    "figA2, narrow, 40 subjects": lambda: fig_a2(NARROW, subjects=40, improved=40, networks=("lstm",)),
    "figA2, big": lambda: fig_a2(BIG, improved=17, networks=("lstm",)),
    "nobody": lambda: fig_a2(which="figA4", improved=17),
    "nobody, narrow, warned": lambda: fig_a2(NARROW, which="figA3", networks=("lstm",), warnings=(LEAK,)),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_words_are_large_enough_inside_the_page_and_apart(draw):
    assert_legible(draw())


def test_figure_3_shows_recordings_and_white_noise_in_percent():
    shares = shares_table()
    ax = fig3(shares=shares.sample(frac=1, random_state=0)).axes[0]
    for source, rows in shares.groupby("source"):
        drawn = line(ax, source)
        np.testing.assert_allclose(drawn.get_xdata(), LENGTHS)
        np.testing.assert_allclose(drawn.get_ydata(), 100 * rows["share"])
    looks = {(one.get_marker(), one.get_linestyle()) for one in ax.lines}
    assert len(looks) == 2
    assert ax.get_ylim() == (0, 100)
    assert ax.get_ylabel().startswith("SNR ≥ −7 dB")


def test_figure_3_names_the_threshold_and_counts_windows():
    figure = fig3(snr_db=-5.5)
    assert says(figure, "SNR ≥ −5.5 dB")
    assert "6,120 of 1 s to 306 of 20 s" in below(figure)
    assert "2,000 windows of each length" in below(figure)
    assert "passes −5.5 dB without any pulse" in below(figure)


def test_a_length_without_windows_has_no_point_in_figure_3():
    shares = shares_table()
    recorded = shares["source"] == "recordings"
    shares.loc[recorded & (shares["length"] > 10), ["share", "n"]] = [np.nan, 0]
    figure = fig3(shares=reread(shares))
    assert line(figure.axes[0], "recordings").get_xdata().max() == 10
    assert "to 612 of 10 s" in below(figure)
    shares.loc[recorded, ["share", "n"]] = [np.nan, 0]
    figure = fig3(shares=reread(shares))
    assert [one.get_label() for one in figure.axes[0].lines] == ["white noise"]
    assert "No recording is as long as a window" in below(figure)


def test_figure_3_takes_the_table_of_the_branch():
    from cuffless.camera.pulse.snr import RECORDINGS, WHITE_NOISE

    assert set(shares_table()["source"]) == {RECORDINGS, WHITE_NOISE}


@pytest.mark.parametrize(("p", "pressure"), [(0, "SBP"), (1, "DBP")])
def test_figure_9_has_four_boxes_a_network_of_its_own_quartiles(p, pressure):
    ax = fig9().axes[p]
    table = box_table().query("network != 'all' and method == 'network' and pressure == @pressure")
    assert len(boxes(ax)) == 16
    order = {name: i for i, name in enumerate((*FOUR, "before", "tuned", "random", "first"))}
    in_order = sorted(boxes(ax), key=lambda box: box.get_path().vertices[0, 0])
    table = table.sort_values(["network", "setting"], key=lambda column: column.map(order))
    edges = [box.get_path().vertices[:, 1][[0, 2]] for box in in_order]
    np.testing.assert_allclose(np.sort(edges, axis=1), table[["q1", "q3"]])
    assert all(right < left for (_, right), (left, _) in pairwise(spans(ax)))
    assert len({box.get_facecolor() for box in in_order[:4]}) == 4
    assert len({box.get_facecolor() for box in in_order[::4]}) == 1
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["AlexNet", "ResNet", "Slapničar", "LSTM"]


def test_figure_9_shows_what_needs_no_training_at_every_network():
    ax = fig9().axes[0]
    for setting in SETTINGS:
        assert [mae for *_, mae in levels(ax, setting)] == pytest.approx([15.0] * 4)
    for setting, method in product(("random", "first"), ("calibration_mean", "offset")):
        drawn = [one for one in ax.lines if one.get_label() == f"{method} {setting}"]
        found = [one.get_ydata()[0] for one in drawn]
        own = SETTINGS[setting] + 0.7
        assert found == pytest.approx([8.8] * 4 if method == "calibration_mean" else [own, own + 1, own + 2, own + 3])
        right = dict(zip(("random", "first"), (1, 0), strict=True))[setting]
        ends = [high for _, high in spans(ax)][3 - right :: 4]
        beside = [one.get_xdata()[0] for one in drawn]
        assert all(0 < x - end < 0.1 for x, end in zip(beside, ends, strict=True))


def test_the_test_paired_by_subject_decides_the_marks_of_figure_9():
    figure = fig9()
    sbp, dbp = figure.axes[:2]
    assert [round(x) for x in marks(sbp, "∗")] == [1, 2, 3]
    assert [round(x) for x in marks(sbp, "†")] == [0, 1, 2, 3]
    assert [round(x) for x in marks(sbp, "n.s.")] == [0]
    assert [round(x) for x in marks(dbp, "∗")] == [0, 1, 2, 3]
    assert [round(x) for x in marks(dbp, "n.s.")] == [0, 1, 2, 3]
    assert marks(sbp, "∗")[0] < 1 < marks(sbp, "†")[1]  # before and tuned stand left of random and first
    few = fig9(subjects=3).axes[0]
    assert len(marks(few, "–")) == 8
    assert not marks(few, "∗") + marks(few, "†") + marks(few, "n.s.")


def test_the_papers_test_stands_in_the_note_of_figure_9():
    text = below(fig9())
    assert_contains(
        text,
        "tuned vs before, 4 of 4 for SBP and 0 of 4 for DBP; first vs random, 4 of 4 for SBP",
        "treats a subject's windows as independent, which they are not",
        "17 subjects, 3,020 test windows",
        "55 (first), 55 (random)",
        "significant at 0.05",
        "no ranking",
    )
    assert "Means of 3 seeds" in below(fig9(seeds=3))


def test_figure_9_needs_a_network():
    table = box_table().query("network == 'none'")
    with pytest.raises(ValueError, match="has no network"):
        plot_fig9(table, contrasts(), OPTIONS)


def test_test_sets_of_different_size_are_all_named():
    table = box_table()
    table.loc[table["setting"] == "tuned", "n_windows"] = 4800
    assert "3,020 to 4,800 test windows" in below(plot_fig9(table, contrasts(), OPTIONS))


@pytest.mark.parametrize(
    ("which", "networks", "numbers"),
    [
        ("figA2", FOUR[:2], range(1, 14)),
        ("figA3", FOUR[2:], range(1, 14)),
        ("figA4", FOUR[:2], range(14, 18)),
        ("figA5", FOUR[2:], range(14, 18)),
    ],
)
def test_each_appendix_figure_shows_its_subjects_and_networks(which, networks, numbers):
    table, _ = subject_tables()
    table = table[(table["method"] == "network") & table["number"].isin(numbers)]
    figure = fig_a2(which=which)
    sides = (("before", "tuned"), ("random", "first"))
    panels = list(product(networks, SHARE, sides))
    assert len(figure.axes) == len(panels) == 8
    for ax, (network, pressure, settings) in zip(figure.axes, panels, strict=True):
        own = table[(table["network"] == network) & (table["pressure"] == pressure)]
        places = {setting: i for i, setting in enumerate(settings)}
        own = own[own["setting"].isin(settings)].sort_values(
            ["number", "setting"], key=lambda c, places=places: c.map(places) if c.name == "setting" else c
        )
        in_order = sorted(boxes(ax), key=lambda box: box.get_path().vertices[0, 0])
        edges = [box.get_path().vertices[:, 1][[0, 2]] for box in in_order]
        np.testing.assert_allclose(np.sort(edges, axis=1), own[["q1", "q3"]])
        assert all(right < left for (_, right), (left, _) in pairwise(spans(ax)))
        assert ax.get_subplotspec().colspan.start == sides.index(settings)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [str(number) for number in numbers]
    assert ax.get_xlabel() == "subject"


def test_calibration_mean_and_mean_regressor_stand_at_each_subject():
    table, _ = subject_tables()
    own = table[(table["pressure"] == "DBP") & (table["number"] <= 13)]
    _, _, left, right, *_ = fig_a2().axes
    for ax, setting in ((left, "tuned"), (right, "first")):
        found = levels(ax, setting)
        expected = own[(own["method"] == "mean") & (own["setting"] == setting)]
        np.testing.assert_allclose([mae for *_, mae in found], expected["mae"])
        assert [round((a + b) / 2) for a, b, _ in found] == list(range(13))
    expected = own[(own["method"] == "calibration_mean") & (own["setting"] == "random")]
    np.testing.assert_allclose(line(right, "calibration_mean random").get_ydata(), expected["mae"])


def test_marks_of_appendix_figures_are_those_of_each_subjects_test():
    left, right, *_ = fig_a2().axes
    assert [x + 1 for x in marks(left, "∗")] == [1, 3, 5, 7, 9, 11, 13]
    assert [x + 1 for x in marks(right, "†")] == [1, 4, 7, 10, 13]
    assert not marks(left, "†") + marks(right, "∗")
    left, right, *_ = fig_a2(which="figA4").axes
    assert [x + 14 for x in marks(left, "∗")] == [15, 17]
    assert [x + 14 for x in marks(right, "†")] == [16]


def test_all_panels_of_a_pressure_share_an_axis():
    axes = fig_a2().axes
    for p in range(2):
        assert len({axes[4 * n + 2 * p + c].get_ylim() for n, c in product(range(2), range(2))}) == 1
    assert axes[0].get_ylim() != axes[2].get_ylim()


def test_columns_stand_one_above_the_other_on_a_narrow_page():
    axes = fig_a2(NARROW).axes
    assert len(axes) == 8
    assert {ax.get_subplotspec().colspan.start for ax in axes} == {0}
    assert [ax.get_xlabel() for ax in axes] == [""] * 7 + ["subject"]


def test_the_note_says_that_subjects_were_chosen_by_their_outcome():
    text = below(fig_a2())
    assert_contains(
        text,
        "13 of 17 subjects",
        "no evidence that fine-tuning helps",
        "51 to 63 (first)",
        "it shows that errors differ, not which are smaller",
    )
    assert "no evidence that fine-tuning harms" in below(fig_a2(which="figA5"))
    assert "4 of 17 subjects" in below(fig_a2(which="figA5"))
    assert "Offset" not in text
    assert "seed" not in below(fig_a2(seeds=None))


@pytest.mark.parametrize(
    ("which", "study", "text"),
    [
        ("figA4", {"improved": 17}, "lowered the SBP error of all 17 subjects; this figure shows those that did not"),
        ("figA2", {"improved": 0}, "lowered the SBP error of none of the 17 subjects; this figure shows those that im"),
        ("figA3", {"networks": ("lstm",)}, "has only 1 network, shown in Figure A2"),
        ("figA5", {"networks": FOUR[:2]}, "has only 2 networks, shown in Figure A4"),
    ],
)
def test_a_figure_without_subject_or_network_says_so(which, study, text):
    figure = fig_a2(which=which, **study)
    assert says(figure, text)
    assert not any(boxes(ax) for ax in figure.axes)


def test_an_unknown_figure_and_a_table_without_network_are_named():
    with pytest.raises(ValueError, match="'figA6' is not one of the figures figA2, figA3"):
        fig_a2(which="figA6")
    subjects, ks = subject_tables()
    with pytest.raises(ValueError, match=r"figA2: subject_boxes\.csv has no network"):
        plot_fig_a2(subjects[subjects["network"] == "none"], ks, OPTIONS, which="figA2")


@pytest.mark.parametrize("draw", [fig9, fig_a2], ids=["fig9", "figA2"])
def test_a_warning_starts_the_note_and_stands_above(draw):
    figure = draw(warnings=(LEAK,))
    assert below(figure).startswith(f"WARNING (rPPG): {LEAK}")
    assert figure.legends[0].get_title().get_color() == "#8B0000"
    assert not says(draw(), "WARNING")


def test_tables_read_again_give_the_same_figure():
    subjects, ks = subject_tables()
    drawn = plot_fig_a2(reread(subjects), reread(ks), OPTIONS, which="figA4")
    assert [len(boxes(ax)) for ax in drawn.axes] == [8] * 8
    nine = plot_fig9(reread(box_table()), reread(contrasts(subjects=3)), OPTIONS)
    assert len(marks(nine.axes[0], "–")) == 8
