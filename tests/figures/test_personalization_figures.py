"""Figures 8 and A1 and the figure of budgets show their tables, what they rest on, and what is wrong with them."""

from functools import cache, wraps
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from figure_reading import assert_contains, assert_legible, below, boxes, line, reread, says, words
from matplotlib.collections import LineCollection

from cuffless.config import FigureOptions
from cuffless.figures.paper.fig8 import plot_fig8
from cuffless.figures.study.fig_budget import plot_fig_budget

OPTIONS = FigureOptions(dpi=72)
NARROW = FigureOptions(dpi=72, font_size=12, width_inch=3.5)
FOUR = ("alexnet", "resnet", "slapnicar", "lstm")
LONG = ("alexnet", "a_network_of_a_name_that_hardly_fits_above_its_panels")
BUDGETS = {"1": 1, "2": 2, "5": 5, "10": 10, "5 %": 48, "10 %": 97, "20 %": 193}
SHARE = {"SBP": 1.0, "DBP": 0.55}
COMPARISONS = ("random vs before", "first vs before", "first vs random")
EDGES = (0.0, 10.0, 30.0, 60.0, 180.0, 720.0, 2880.0)
LEAK = "3,412 calibration windows touch a test window (such as p00123_0001@30.0s)"


def subject_tables(networks=FOUR, subjects=20, protocols=("main",)):
    """Tables subjects.csv and ks.csv."""
    rng, rows, tests = np.random.default_rng(0), [], []
    for protocol, network, number, (pressure, share) in product(
        protocols, networks, range(1, subjects + 1), SHARE.items()
    ):
        key = {"protocol": protocol, "pressure": pressure, "number": number, "subject": f"p{number:05d}"}
        key |= {"n_windows": 150 * number}
        before = share * rng.uniform(6, 22)
        random, first = share * rng.uniform(3, 7), share * rng.uniform(4, 11)
        for setting, mae in (("before", before), ("random", random), ("first", first)):
            size = {"n_calibration": 0 if setting == "before" else 75 * number, "setting": setting}
            for method in ("network", "offset", "calibration_mean"):
                if setting == "before" and method != "network":
                    continue
                if method == "calibration_mean" and network != networks[0]:
                    continue
                own = mae * (1.0 if method == "network" else rng.uniform(0.95, 1.2))
                name = "none" if method == "calibration_mean" else network
                rows.append(key | size | {"network": name, "method": method, "mae": own} | box(own))
        for comparison in COMPARISONS:
            different = number % 2 == 1 if comparison == "first vs random" else number % 5 > 0
            tests.append(key | {"network": network, "comparison": comparison, "significant": different})
    return pd.DataFrame(rows), pd.DataFrame(tests)


def box(mae):
    return {"low": 0.02 * mae, "q1": 0.45 * mae, "median": 0.85 * mae, "q3": 1.4 * mae, "high": 2.7 * mae}


def limits(value, known, spread):
    if not known:
        return {"lower": np.nan, "upper": np.nan, "interval": "too few subjects"}
    return {"lower": value - spread, "upper": value + spread, "interval": "bootstrap-t"}


def budget_tables(networks=FOUR, protocols=("main", "alternate", "code"), budgets=BUDGETS, subjects=20, edges=EDGES):
    """Tables mae.csv, drift.csv and tests.csv."""
    maes = [row for protocol in protocols for row in _mae(protocol, networks, budgets, subjects)]
    drift = [row for protocol in protocols[:2] for row in _drift(protocol, networks, edges, subjects)]
    tests = [row for p, protocol in enumerate(protocols) for row in _tests(protocol, p, networks, subjects)]
    empty = ["protocol", "network", "method", "setting", "pressure", "bin_low", "bin_high", "mae", "lower"]
    return pd.DataFrame(maes), pd.DataFrame(drift, columns=None if drift else empty), pd.DataFrame(tests)


def _mae(protocol, networks, budgets, subjects):
    def row(network, method, setting, budget, mae):
        key = {"protocol": protocol, "network": network, "method": method, "setting": setting, "budget": budget}
        size = {"n_subjects": subjects, "n_windows": 8000, "n_calibration": float(budgets.get(budget, 0))}
        size |= {"seeds": 0 if network == "none" else 1, "confidence": 0.95}
        return [
            key | size | {"pressure": p, "average": a, "mae": s * mae} | limits(s * mae, subjects >= 6, s)
            for (p, s), a in product(SHARE.items(), ("pooled", "subject"))
        ]

    yield from row("none", "mean", "before", "", 15.2)
    yield from row("none", "heart_rate", "before", "", 14.6)
    for n, network in enumerate((*networks, "all")):
        own = 0.0 if network == "all" else 0.5 * (n - (len(networks) - 1) / 2)
        yield from row(network, "network", "before", "", 12.3 + own)
        for (budget, k), setting in product(budgets.items(), ("first", "random")):
            late = 1.6 if setting == "first" else 0.0
            yield from row(network, "network", setting, budget, 6.2 + late + own + 4.5 / k**0.4)
            yield from row(network, "offset", setting, budget, 7.0 + late + own + 3.5 / k**0.5)
    for (budget, k), setting in product(budgets.items(), ("first", "random")):
        late = 1.9 if setting == "first" else 0.0
        yield from row("none", "calibration_mean", setting, budget, 7.8 + late + 4.0 / k**0.5)
        yield from row("none", "hold_last", setting, budget, 10.5 + late / 2 + 1.0 / k**0.5)


def _drift(protocol, networks, edges, subjects):
    methods = [("network", "first", 6.5), ("offset", "first", 7.0), ("network", "before", 12.2)]
    methods += [("calibration_mean", "first", 7.9), ("hold_last", "first", 6.0)]
    for (method, setting, mae), b in product(methods, range(len(edges) - 1)):
        here = min(subjects, (20, 20, 19, 17, 12, 4)[b])
        needs = method in ("network", "offset")
        for network, (pressure, s) in product((*networks, "all") if needs else ("none",), SHARE.items()):
            value = s * (mae + (0 if setting == "before" else 0.9 * b))
            key = {"protocol": protocol, "network": network, "method": method, "setting": setting}
            key |= {"pressure": pressure, "bin_low": edges[b], "bin_high": edges[b + 1], "mae": value}
            yield key | limits(value, here >= 6, s) | {"n_subjects": here, "n_windows": 50 * here}


def _tests(protocol, p, networks, subjects):
    for n, network in enumerate((*networks, "all")):
        for pressure, s in SHARE.items():
            value = s * ((1.6, 2.4, 3.1)[p] + (0 if network == "all" else 0.3 * (n - 1.5)))
            key = {"comparison": "first vs random", "protocol": protocol, "network": network, "pressure": pressure}
            yield key | {"difference": value, "n_pairs": subjects} | limits(value, subjects >= 6, s)
            yield key | {"comparison": "first vs before", "difference": -99.0, "lower": -99.0, "upper": -99.0}


def once(draw):
    """Draw the usual figure once for all that look at it; any other each time."""
    usual = cache(draw)
    return wraps(draw)(lambda *args, **kwargs: draw(*args, **kwargs) if args or kwargs else usual())


@once
def fig8(options=OPTIONS, numbers=range(1, 11), warnings=(), protocol="main", seeds=1, **study):
    return plot_fig8(
        *subject_tables(**study), options, protocol=protocol, numbers=numbers, warnings=warnings, seeds=seeds
    )


@once
def budget(options=OPTIONS, protocols=("main", "alternate", "code"), warnings=None, **study):
    warnings = {"alternate": [LEAK], "code": [LEAK]} if warnings is None else warnings
    tables = budget_tables(protocols=protocols, **study)
    return plot_fig_budget(*tables, options, protocols=protocols, warnings=warnings)


METHODS = ("fine-tuned", "offset-corrected", "calibration mean", "last value held")


def budget_panel(figure, method="fine-tuned", pressure="SBP"):
    """Panel (a) of a method: SBP in the first row, DBP in the second."""
    return figure.subfigs[0].axes[METHODS.index(method) + 4 * (pressure == "DBP")]


def drift_panel(figure, pressure="SBP"):
    return figure.subfigs[1].axes[pressure == "DBP"]


def panel(figure, label, nth=0):
    return [ax for ax in figure.axes if ax.get_ylabel() == label][nth]


def bars(ax):
    return [segment for c in ax.collections if isinstance(c, LineCollection) for segment in c.get_segments()]


DRAWN = {
    "fig8": lambda: fig8(),
    "one network, three subjects, warned": lambda: fig8(networks=("lstm",), subjects=3, warnings=[LEAK]),
    "long names": lambda: fig8(networks=LONG),
    "narrow": lambda: fig8(NARROW, networks=LONG, warnings=[LEAK]),
    "nobody": lambda: fig8(numbers=range(11, 21), subjects=8, warnings=[LEAK]),
    "nobody, narrow": lambda: fig8(NARROW, numbers=range(11, 21), subjects=1),
    "budget": lambda: budget(),
    "one protocol, network and budget": lambda: budget(
        networks=("lstm",), protocols=("main",), budgets={"20 %": 193}, subjects=5, warnings={"main": [LEAK]}
    ),
    "no drift": lambda: budget(edges=()),
    "budgets, narrow": lambda: budget(NARROW, networks=LONG),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_words_are_large_enough_inside_the_page_and_apart(draw):
    assert_legible(draw())


@pytest.mark.parametrize("numbers", [range(1, 11), range(11, 21)])
def test_each_subject_has_three_boxes_of_its_own_quartiles(numbers):
    subjects, _ = subject_tables()
    figure = fig8(numbers=numbers)
    assert len(figure.axes) == 8
    for n, network in enumerate(FOUR):
        ax = panel(figure, "SBP: |error| (mmHg)", n)
        assert len(boxes(ax)) == 30
        own = subjects[(subjects["network"] == network) & (subjects["pressure"] == "SBP")]
        own = own[(own["method"] == "network") & own["number"].isin(numbers)]
        edges = np.array([box.get_path().vertices[:, 1][[0, 2]] for box in boxes(ax)])
        np.testing.assert_allclose(np.sort(edges, axis=0), np.sort(own[["q1", "q3"]].to_numpy(), axis=0))
        whiskers = [one.get_ydata() for one in ax.lines if len(one.get_xdata()) == 2 and np.ptp(one.get_ydata()) > 0]
        np.testing.assert_allclose(max(max(w) for w in whiskers), own["high"].max())
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [str(number) for number in numbers]
    assert ax.texts[-10].get_text() == {1: "150", 11: "1.6k"}[numbers[0]]  # test windows


def test_boxes_stand_before_random_first_and_do_not_touch():
    ax = panel(fig8(), "DBP: |error| (mmHg)")
    spans = sorted((box.get_path().vertices[:4, 0].min(), box.get_path().vertices[:4, 0].max()) for box in boxes(ax))
    assert all(right < left for (_, right), (left, _) in pairwise(spans))
    by_place = sorted(boxes(ax), key=lambda box: box.get_path().vertices[0, 0])
    assert len({box.get_facecolor() for box in by_place[::3]}) == 1
    assert len({box.get_facecolor() for box in by_place[:3]}) == 3


def test_what_needs_no_training_stands_beside_the_box_of_its_strategy():
    subjects, _ = subject_tables()
    figure = fig8()
    for nth, network in enumerate(FOUR):
        ax = panel(figure, "SBP: |error| (mmHg)", nth)
        own = subjects[(subjects["pressure"] == "SBP") & (subjects["number"] <= 10)]
        for method, setting in product(("offset", "calibration_mean"), ("first", "random")):
            name = "none" if method == "calibration_mean" else network
            rows = own[(own["method"] == method) & (own["setting"] == setting) & (own["network"] == name)]
            marks = line(ax, f"{method} {setting}")
            np.testing.assert_allclose(marks.get_ydata(), rows["mae"])
            np.testing.assert_allclose(np.round(marks.get_xdata()), rows["number"] - 1)
        assert line(ax, "offset random").get_xdata()[0] < line(ax, "offset first").get_xdata()[0]
        assert line(ax, "offset first").get_marker() != line(ax, "calibration_mean first").get_marker()


def test_marks_are_those_of_the_test_and_differ_without_colour():
    figure = fig8()
    ax = panel(figure, "SBP: |error| (mmHg)")
    marks = [(text.get_text(), text.get_position()[0]) for text in ax.texts]
    between = [round(x) + 1 for mark, x in marks if mark == "†"]
    assert between == [1, 3, 5, 7, 9]
    against_before = [x for mark, x in marks if mark == "∗"]
    assert sorted({round(x) + 1 for x in against_before}) == [1, 2, 3, 4, 6, 7, 8, 9]
    assert len(against_before) == 16
    places = {round(x % 1, 2) for x in against_before}
    assert places == {0.83, 0.19}  # of random and of first
    none = subject_tables()[1].assign(significant=False)
    bare = plot_fig8(subject_tables()[0], none, OPTIONS, protocol="main", numbers=range(1, 11), warnings=[])
    assert not panel(bare, "SBP: |error| (mmHg)").texts


def test_a_subject_without_quartiles_or_test_leaves_its_place_empty():
    subjects, ks = subject_tables()
    lacking = (subjects["number"] == 4) & (subjects["setting"] == "first")
    subjects.loc[lacking, ["low", "q1", "median", "q3", "high", "mae"]] = np.nan
    ks["significant"] = ks["significant"].astype(object).mask(ks["number"] == 4)
    figure = plot_fig8(subjects, reread(ks), OPTIONS, protocol="main", numbers=range(1, 11), warnings=[])
    ax = panel(figure, "SBP: |error| (mmHg)")
    assert len(boxes(ax)) == 29
    assert 4 not in {round(text.get_position()[0]) + 1 for text in ax.texts}


def test_all_networks_of_a_pressure_share_an_axis():
    figure = fig8()
    for pressure in SHARE:
        assert len({panel(figure, f"{pressure}: |error| (mmHg)", n).get_ylim() for n in range(4)}) == 1


def test_only_the_protocol_is_drawn_and_must_be_known():
    assert len(boxes(panel(fig8(protocols=("main", "code")), "SBP: |error| (mmHg)"))) == 30
    with pytest.raises(ValueError, match=r"protocol 'alternate'; judged are \['main'\]"):
        fig8(protocol="alternate")


def test_the_note_of_figure_8_says_what_the_test_takes_for_granted():
    text = below(fig8(seeds=3))
    assert_contains(
        text,
        "treats a subject's windows as independent, which they are not",
        "errors beyond are not drawn",
        "10 subjects of 20 drawn, 8,250 test windows",
        "75 to 750 (first), 75 to 750 (random)",
        "last half in time",
        "Means of 3 seeds",
    )
    assert "WARNING" not in text
    assert "seed" not in below(fig8(seeds=None))


@pytest.mark.parametrize("study", [{}, {"numbers": range(11, 21), "subjects": 5}], ids=["drawn", "nobody"])
def test_a_warning_starts_the_note_and_stands_above_figure_8(study):
    figure = fig8(warnings=[f"main: {LEAK}"], **study)
    assert below(figure).startswith(f"WARNING (last half in time): {LEAK}")
    title = figure.legends[0].get_title()
    assert title.get_text().replace("\n", " ").startswith("WARNING (last half in time): 3,412")
    assert title.get_color() == "#8B0000"
    assert not says(fig8(**study), "WARNING")


@pytest.mark.parametrize(("subjects", "text"), [(8, "only 8 subjects;"), (1, "only 1 subject;")])
def test_fewer_than_eleven_subjects_leave_figure_a1_empty_but_for_words(subjects, text):
    figure = fig8(numbers=range(11, 21), subjects=subjects)
    assert says(figure, f"the study has {text} this figure shows subjects 11 to 20")
    assert not any(boxes(ax) for ax in figure.axes)
    assert len(boxes(panel(fig8(numbers=range(11, 21), subjects=12), "SBP: |error| (mmHg)"))) == 6


def test_budget_lines_are_the_mean_over_networks_averaged_over_subjects():
    mae, drift, tests = budget_tables()
    mae.loc[mae["average"] == "pooled", "mae"] = 999.0
    figure = plot_fig_budget(mae, drift, tests, OPTIONS, protocols=["main"], warnings={})
    own = mae[(mae["protocol"] == "main") & (mae["pressure"] == "DBP") & (mae["average"] == "subject")]
    names = dict(zip(("network", "offset", "calibration_mean", "hold_last"), METHODS, strict=True))
    for method, setting in product(names, ("first", "random")):
        name = "none" if method in ("calibration_mean", "hold_last") else "all"
        rows = own[(own["method"] == method) & (own["setting"] == setting) & (own["network"] == name)]
        ax = budget_panel(figure, names[method], "DBP")
        drawn = line(ax, f"{method} {setting}")
        np.testing.assert_allclose(drawn.get_ydata(), rows["mae"])
        np.testing.assert_allclose(drawn.get_xdata(), rows["n_calibration"], rtol=0.2)
        assert ax.get_xscale() == "log"


def test_each_method_has_its_panel_with_the_fine_tuned_networks_behind_it():
    figure = budget()
    tuned = line(budget_panel(figure), "network first").get_ydata()
    for method in METHODS:
        ax = budget_panel(figure, method)
        assert sum(one.get_label().endswith((" first", " random")) for one in ax.lines) == 2
        compared = [one.get_ydata() for one in ax.lines if one.get_label() == "compared"]
        assert len(compared) == (method != "fine-tuned")
        assert all(list(behind) == list(tuned) for behind in compared)
    for p in (0, 4):
        assert len({ax.get_ylim() for ax in figure.subfigs[0].axes[p : p + 4]}) == 1
    assert [ax.get_title("left") for ax in figure.subfigs[0].axes] == [*METHODS, *[""] * 4]


def test_strategies_and_methods_differ_without_colour():
    looks = set()
    for method, name in zip(("network", "offset", "calibration_mean", "hold_last"), METHODS, strict=True):
        for setting in ("first", "random"):
            one = line(budget_panel(budget(), name), f"{method} {setting}")
            looks.add((one.get_marker(), one.get_markerfacecolor() == "white", one.get_linestyle()))
    assert len(looks) == 8
    assert {(hollow, dash == "--") for _, hollow, dash in looks} == {(False, False), (True, True)}


def test_before_and_the_mean_regressor_are_levels_across():
    ax = budget_panel(budget())
    assert line(ax, "before").get_ydata()[0] == pytest.approx(12.3)
    assert line(ax, "mean").get_ydata()[0] == pytest.approx(15.2)
    bottom = budget_panel(budget(), pressure="DBP")
    assert {"1", "10", "193"} <= {tick.get_text() for tick in bottom.get_xticklabels()}


def test_intervals_are_bars_where_they_are_known():
    assert len(bars(budget_panel(budget()))) == 2 * len(BUDGETS)
    few = budget(subjects=5)
    assert not any(bars(ax) for ax in few.axes)
    assert "No bars: too few subjects for an interval" in below(few)
    mae, drift, tests = budget_tables()
    mae.loc[mae["budget"] == "5", ["lower", "upper"]] = np.nan
    figure = plot_fig_budget(mae, drift, tests, OPTIONS, protocols=["main"], warnings={})
    assert len(bars(budget_panel(figure))) == 2 * (len(BUDGETS) - 1)


def test_drift_counts_subjects_names_its_lines_and_opens_bins_without_interval():
    _, drift, _ = budget_tables()
    ax = drift_panel(budget())
    written = [text.get_text() for text in ax.texts]
    assert written[:6] == ["n = 20", "20", "19", "17", "12", "4"]
    assert set(written[6:]) == {*METHODS, "before"}
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "10", "30", "60", "3 h", "12 h", "2 d"]
    own = drift[(drift["protocol"] == "main") & (drift["pressure"] == "SBP") & drift["network"].isin(["all", "none"])]
    for method in ("network", "offset", "calibration_mean", "hold_last"):
        rows = own[(own["method"] == method) & (own["setting"] == "first")]
        np.testing.assert_allclose(line(ax, f"{method} first").get_ydata(), rows["mae"])
    hollow = [one for one in ax.lines if one.get_markerfacecolor() == "white"]
    assert len(hollow) == 5
    assert all(np.round(one.get_xdata()) == [5] for one in hollow)


def test_names_of_lines_stand_in_the_order_of_their_ends():
    ax = drift_panel(budget())
    places = {text.get_text(): text.get_position()[1] for text in ax.texts[6:]}
    ends = {"fine-tuned": "network first", "offset-corrected": "offset first", "before": "network before"}
    found = sorted(ends, key=lambda name: line(ax, ends[name]).get_ydata()[-1])
    assert found == sorted(ends, key=places.get)


def test_an_empty_bin_breaks_the_drift_line():
    mae, drift, tests = budget_tables()
    drift = drift[drift["bin_low"] != 30.0]
    figure = plot_fig_budget(mae, drift, tests, OPTIONS, protocols=["main"], warnings={})
    lines = [one for one in drift_panel(figure).lines if one.get_label() == "network first"]
    assert [len(one.get_xdata()) for one in lines] == [2, 3]


def test_without_drift_the_figure_says_so():
    figure = budget(edges=())
    assert says(figure, "no window after the calibration whose time is known")
    assert "Not the same subjects in every bin" not in below(figure)


def test_minutes_after_calibration_are_not_called_drift():
    mae, drift, tests = budget_tables()
    minutes = drift.assign(bin_low=drift["bin_low"] / 1000, bin_high=drift["bin_high"] / 1000)
    assert minutes["bin_high"].max() <= 5 < drift["bin_high"].max()
    figure = plot_fig_budget(mae, minutes, tests, OPTIONS, protocols=["main"], warnings={})
    assert says(figure, "no drift is shown: windows whose time is known lie within 5 minutes of the calibration")
    assert "Not the same subjects in every bin" not in below(figure)


def test_protocols_stand_side_by_side_and_leaking_ones_are_marked():
    figure = budget()
    ax = panel_of_protocols(figure, "SBP")
    labels = [tick.get_text().replace("\n", " ") for tick in ax.get_yticklabels()]
    assert labels == ["last half in time", "alternate windows", "authors' code"]
    means = [one for one in ax.lines if one.get_label() == "mean"]
    assert [one.get_xdata()[0] for one in means] == pytest.approx([1.6, 2.4, 3.1])
    assert [one.get_markerfacecolor() == "white" for one in means] == [False, True, True]
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    assert [round(patch.get_y() + patch.get_height() / 2) for patch in hatched] == [1, 2]
    assert [len(one.get_xdata()) for one in ax.lines if one.get_label() == "each"] == [4, 4, 4]
    low, high = ax.get_xlim()
    assert low == pytest.approx(-high)
    assert says(figure, "Hatched, open: calibration windows lie beside test windows (neighbouring windows)")
    clean = budget(warnings={})
    assert not says(clean, "neighbouring windows")
    assert not any(patch.get_hatch() for patch in panel_of_protocols(clean, "SBP").patches)


def panel_of_protocols(figure, pressure):
    (ax,) = [ax for ax in figure.axes if ax.get_xlabel().replace("\n", " ") == f"{pressure}: difference in MAE (mmHg)"]
    return ax


def test_one_protocol_and_one_network_have_one_line():
    figure = budget(networks=("lstm",), protocols=("main",))
    ax = panel_of_protocols(figure, "DBP")
    assert len(ax.get_yticks()) == 1
    assert [one.get_label() for one in ax.lines if one.get_label() in ("mean", "each")] == ["mean"]
    assert "one network" in below(figure)
    assert "small strokes: each network" not in below(figure)


def test_a_table_without_the_mean_over_networks_shows_its_one_network():
    tables = [table[table["network"] != "all"] for table in budget_tables(networks=("mine",), protocols=("main",))]
    figure = plot_fig_budget(*tables, OPTIONS, protocols=["main"], warnings={})
    assert len(line(budget_panel(figure), "network first").get_xdata()) == len(BUDGETS)


def test_warnings_start_the_note_and_stand_above_the_figure():
    figure = budget(warnings={"main": [f"main: {LEAK}"], "code": [LEAK]})
    assert below(figure).startswith(f"WARNING (last half in time): {LEAK} WARNING (authors' code): {LEAK} (a), (b)")
    title = figure.legends[0].get_title()
    above = title.get_text().replace("\n", " ")
    assert above.startswith("WARNING (last half in time): 3,412")
    assert "in (c): leakage under authors' code" in above
    assert title.get_color() == "#8B0000"
    assert not says(budget(warnings={}), "WARNING")


def test_one_budget_is_one_point_a_line():
    ax = budget_panel(budget(budgets={"20 %": 193}), pressure="DBP")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["193"]
    assert len(line(ax, "network first").get_xdata()) == 1


def test_a_protocol_that_was_not_judged_is_named():
    with pytest.raises(ValueError, match=r"protocol 'mine'; judged are \['main'\]"):
        plot_fig_budget(*budget_tables(protocols=("main",)), OPTIONS, protocols=["mine"], warnings={})
    tables = budget_tables(protocols=("main",))
    figure = plot_fig_budget(*tables, OPTIONS, protocols=["main", "code"], warnings={})
    assert says(figure, "not judged")


def test_tables_read_back_from_csv_give_the_same_figures():
    given, read = budget_tables(), [reread(table) for table in budget_tables()]
    figures = [plot_fig_budget(*t, OPTIONS, protocols=["main", "code"], warnings={}) for t in (given, read)]
    subjects = [subject_tables(), [reread(table) for table in subject_tables()]]
    figures += [plot_fig8(*t, OPTIONS, protocol="main", numbers=range(1, 11), warnings=[]) for t in subjects]
    one, other, third, fourth = ([text.get_text() for text in words(figure)] for figure in figures)
    assert one == other
    assert third == fourth
