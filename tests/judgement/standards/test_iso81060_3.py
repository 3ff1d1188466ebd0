"""ISO 81060-3: many errors of few subjects, corrected for how alike those of one subject are."""

from dataclasses import replace

import numpy as np
import pytest
from predicted_windows import predicted_windows
from scipy.stats import f_oneway

from cuffless.judgement.standards import screen_standards
from cuffless.judgement.standards.iso81060_3 import error_components
from cuffless.judgement.standards.thinning import windows_apart


def _predicted(error, owner):
    """Errors of SBP as given; DBP is exact."""
    n = len(error)
    reference = np.column_stack([np.linspace(90, 160, n), np.linspace(50, 100, n)])
    return predicted_windows(owner, reference, np.column_stack([error, np.zeros(n)]), max(owner) + 1)


@pytest.fixture
def make_people():
    """Windows of people whose pressures and errors differ between and within them."""

    def make(subjects, windows):
        rng = np.random.default_rng(3)
        owner = np.repeat(np.arange(subjects), windows)
        spread = rng.normal(0, 12, (2, subjects, 2))[:, owner] + rng.normal(0, 4, (2, len(owner), 2))
        return predicted_windows(owner, spread[0] + [120, 70], spread[1] / 2, subjects)

    return make


def _rows(predicted, reading="absolute pressure", pressure="SBP"):
    table = screen_standards(predicted)
    mine = (table["standard"] == "ISO 81060-3:2022") & (table["reading"] == reading) & (table["pressure"] == pressure)
    return table[mine].set_index("clause")


def _alternating(size, subjects=30, windows=20):
    """Errors of one size and alternating sign: no subject has an offset; exactly this s_corr."""
    owner = np.repeat(np.arange(subjects), windows)
    n = subjects * windows
    return np.resize([1.0, -1.0], n) * size * np.sqrt((n - subjects) / n), owner


def _unbalanced(seed, s_between=4.0, s_within=6.0, subjects=40):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 60, subjects)
    owner = np.repeat(np.arange(subjects), counts)
    return rng.normal(1.5, s_between, subjects)[owner] + rng.normal(0, s_within, len(owner)), owner


@pytest.mark.parametrize("seed", range(5))
def test_components_are_those_of_an_analysis_of_variance_on_unbalanced_data(seed):
    error, owner = _unbalanced(seed)
    groups = [error[owner == s] for s in range(owner.max() + 1)]
    k, n, total = len(groups), len(error), error.mean()
    between = sum(len(g) * (g.mean() - total) ** 2 for g in groups) / (k - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (n - k)
    with_two = [g for g in groups if len(g) > 1]
    assert between / within == pytest.approx(f_oneway(*groups).statistic) or len(with_two) < k
    factor = (n * n - sum(len(g) ** 2 for g in groups)) / ((k - 1) * n)
    variance = max(0, (between - within) / factor)
    icc = variance / (variance + within)
    found = error_components(error, owner)
    assert found.bias == pytest.approx(total)
    assert found.s_between == pytest.approx(np.sqrt(variance))
    assert found.s_within == pytest.approx(np.sqrt(within))
    assert found.s_corr == pytest.approx(np.sqrt(variance + within))
    assert found.icc == pytest.approx(icc)
    assert found.n_independent == pytest.approx(k * (1 + (1 - icc) * (n / k - 1)))


def test_a_balanced_factor_is_the_number_of_windows():
    rng = np.random.default_rng(1)
    error, owner = rng.normal(0, 5, 600) + np.repeat(rng.normal(0, 5, 30), 20), np.repeat(np.arange(30), 20)
    found = error_components(error, owner)
    means = error.reshape(30, 20).mean(axis=1)
    assert found.s_between**2 == pytest.approx(means.var(ddof=1) - found.s_within**2 / 20)


def test_components_find_the_spread_that_was_put_in():
    error, owner = _unbalanced(0, subjects=4000)
    found = error_components(error, owner)
    assert (found.s_between, found.s_within) == pytest.approx((4, 6), rel=0.05)
    assert found.icc == pytest.approx(16 / 52, rel=0.1)


def test_subjects_that_differ_less_than_chance_have_no_variance_between_them():
    found = error_components(*_alternating(5.0))
    assert (found.s_between, found.icc, found.n_independent) == (0, 0, 600)
    assert found.s_corr == pytest.approx(5)


def test_windows_of_subjects_with_offsets_alone_are_worth_one_each():
    owner = np.repeat(np.arange(50), 30)
    found = error_components(np.linspace(-5, 5, 50)[owner], owner)
    assert found.icc == pytest.approx(1)
    assert found.n_independent == pytest.approx(50)


def test_more_subjects_are_worth_more_than_more_windows_of_the_same():
    rng = np.random.default_rng(2)
    few, many = np.repeat(np.arange(30), 100), np.repeat(np.arange(300), 10)
    noise, offset = rng.normal(0, 3, 3000), rng.normal(0, 8, 300)
    worth = [error_components(noise + offset[owner], owner).n_independent for owner in (few, many)]
    assert worth[0] < worth[1] < 3000


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("bias", "verdict"), [(5.999, "holds"), (6.0, "holds"), (6.001, "fails")])
def test_the_bias_may_be_6_either_way(bias, verdict, sign):
    error, owner = _alternating(3.0)
    rows = _rows(_predicted(error + sign * bias, owner))
    assert (rows.loc["bias", "verdict"], rows.loc["bias", "value"]) == (verdict, pytest.approx(sign * bias))
    assert rows.loc["overall", "verdict"] == verdict


@pytest.mark.parametrize(("reading", "limit"), [("absolute pressure", 10.0), ("trend", 6.0)], ids=["absolute", "trend"])
@pytest.mark.parametrize(("beyond", "verdict"), [(-0.001, "holds"), (0, "holds"), (0.001, "fails")])
def test_the_corrected_sd_has_its_limit_in_each_reading(reading, limit, beyond, verdict):
    rows = _rows(_predicted(*_alternating(limit + beyond)), reading)
    assert (rows.loc["s_corr", "verdict"], rows.loc["s_corr", "value"]) == (verdict, pytest.approx(limit + beyond))
    assert rows.loc["overall", "verdict"] == verdict


@pytest.mark.parametrize(("subjects", "verdict"), [(29, "not assessable"), (30, "holds"), (31, "holds")])
def test_30_subjects_are_needed(subjects, verdict):
    predicted = _predicted(*_alternating(3.0, subjects))
    for reading in ("absolute pressure", "trend"):
        rows = _rows(predicted, reading)
        assert rows.loc["subjects", "verdict"] == verdict
        assert (rows["verdict"].drop(["subjects", "N_ind"]) == verdict).all()


@pytest.mark.parametrize(("windows", "verdict"), [(277, "not assessable"), (278, "holds"), (279, "holds")])
def test_278_independent_errors_are_needed(windows, verdict):
    # No variance between subjects: every window is worth one.
    owner = np.sort(np.arange(windows) % 30)
    position = np.arange(windows) - np.searchsorted(owner, owner)
    rows = _rows(_predicted(np.where(position < 8, np.where(position % 2, 3.0, -3.0), 0.0), owner))
    assert (rows.loc["N_ind", "verdict"], rows.loc["N_ind", "value"]) == (verdict, windows)
    assert rows.loc["overall", "verdict"] == verdict


def test_thousands_of_windows_of_few_subjects_with_offsets_are_too_few():
    rng = np.random.default_rng(4)
    owner = np.repeat(np.arange(40), 200)
    predicted = _predicted(rng.normal(0, 5, 40)[owner] + rng.normal(0, 0.5, 8000), owner)
    absolute, trend = _rows(predicted), _rows(predicted, "trend")
    assert absolute.loc["N_ind", "value"] < 278
    assert absolute.loc["overall", "verdict"] == "not assessable"
    # Errors without their offsets are like no others: each would count, however few people there are.
    assert trend.loc["N_ind", "value"] == absolute.loc["N_ind", "value"]
    assert trend.loc["overall", "verdict"] == "not assessable"
    assert trend.loc["s_corr", "value"] < 6


def test_a_constant_prediction_has_as_few_independent_errors_in_its_trend(make_people):
    predicted = make_people(39, 39)
    constant = replace(predicted, prediction=np.tile(predicted.reference.mean(axis=0), (len(predicted.owner), 1)))
    trend = _rows(constant, "trend")
    assert trend.loc["N_ind", "value"] < 278
    assert trend.loc["overall", "verdict"] == "not assessable"


@pytest.mark.parametrize("apart", [0.01, 0.5, 3.5])
def test_the_same_rows_again_a_little_later_are_worth_nothing(make_people, apart):
    predicted = make_people(39, 3)
    once = {reading: _rows(predicted, reading) for reading in ("absolute pressure", "trend")}
    rows = np.repeat(np.arange(len(predicted.owner)), 12)
    many = predicted.take(rows)
    many = replace(many, start=many.start * 20 + np.tile(np.arange(12) * apart, len(predicted.owner)))
    # New noise in every label: what gives the copies away is their time.
    noisy = many.reference + np.random.default_rng(0).normal(0, 0.01, many.reference.shape)
    for copied in (many, replace(many, reference=noisy)):
        # Some windows are long enough apart to be windows of their own where they begin 3.5 s after each other.
        copied = copied.take(np.arange(len(rows)) % 12 < (2 if apart > 1 else 12))
        for reading, expected in once.items():
            found = _rows(copied, reading)
            assert found.loc["N_ind", "value"] == pytest.approx(expected.loc["N_ind", "value"], rel=0.01)
            assert "counted over 117 of" in found.loc["N_ind", "reason"]


def test_copies_under_other_record_names_or_without_lengths_are_worth_nothing(make_people):
    predicted = make_people(39, 3)
    expected = _rows(predicted).loc["N_ind", "value"]
    rows = np.sort(np.tile(np.arange(117), 2))
    renamed = replace(predicted.take(rows), record=np.arange(234) % 2 * 100 + predicted.record[rows])
    unknown = replace(predicted.take(rows), start=np.arange(234.0), seconds=np.full(234, np.nan))
    for copied in (renamed, unknown):
        assert _rows(copied).loc["N_ind", "value"] == pytest.approx(expected)


def test_windows_one_after_the_other_all_count_even_if_their_times_are_rounded(make_people):
    predicted = make_people(10, 50)
    rounded = replace(predicted, start=np.arange(500) * 7.26, seconds=np.full(500, 7.3))
    assert list(windows_apart(rounded)) == list(range(500))
    assert len(windows_apart(replace(rounded, start=np.arange(500) * 6.9))) == 250
    assert list(windows_apart(rounded.take(np.array([0])))) == [0]


def test_displayed_pressures_that_recur_are_no_copies(make_people):
    predicted = make_people(3, 50)
    shown = replace(predicted, reference=np.round(predicted.reference))
    assert len(windows_apart(shown)) == 150
    assert len(windows_apart(replace(shown, reference=np.full((150, 2), 70.123)))) == 3


@pytest.mark.parametrize("step", [0.750062, 1 / 3, 0.25])
def test_pressures_on_another_coarse_scale_that_recur_are_no_copies(make_people, step):
    predicted = make_people(6, 400)
    shown = replace(predicted, reference=np.round(predicted.reference / step) * step)
    assert len(windows_apart(shown)) == 2400


def test_as_many_windows_as_possible_are_kept_in_whatever_order_they_stand(make_people):
    predicted = make_people(1, 4)
    # The first is long and lies over two short ones.
    predicted = replace(predicted, start=np.array([0.0, 1, 12, 25]), seconds=np.array([20.0, 5, 5, 5]))
    assert list(windows_apart(predicted)) == [1, 2, 3]
    assert list(windows_apart(predicted.take(np.array([3, 2, 1, 0])))) == [0, 1, 2]


def test_the_trend_reading_takes_each_subjects_offset_away():
    rng = np.random.default_rng(4)
    owner = np.repeat(np.arange(60), 50)
    noise = rng.normal(0, 4, 3000)
    with_offsets, without = _predicted(noise + rng.normal(0, 40, 60)[owner], owner), _predicted(noise, owner)
    s_corr = [_rows(one, "trend").loc["s_corr", "value"] for one in (with_offsets, without)]
    assert s_corr[0] == pytest.approx(s_corr[1])
    assert s_corr[1] == pytest.approx(error_components(noise, owner).s_within)
    assert "bias" not in _rows(without, "trend").index


def test_one_subject_or_one_window_each_cannot_be_divided():
    for owner in (np.zeros(300, dtype=int), np.arange(300)):
        rows = _rows(_predicted(np.resize([1.0, -1.0], 300), owner))
        assert np.isnan(rows.loc["N_ind", "value"])
        assert rows.loc["s_corr", "verdict"] == "not assessable"
        assert rows.loc["overall", "verdict"] == "not assessable"
