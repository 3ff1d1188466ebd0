"""Windows to look at are windows of the study, with the fate that is written below them."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import RecordOptions, SimulatorOptions, WindowOptions
from cuffless.records import find_records, list_records, open_record
from cuffless.report.study.examples import KEPT, MOST_RULES, pick_examples
from cuffless.simulator import write_cohort
from cuffless.windows import cut_windows, first_broken_rule

OPTIONS = WindowOptions(sbp_range=(100, 130))
OWN_SOURCE = """
import numpy as np
from cuffless.records import ReadyWindows, Record, Source


class Own(Source):
    def open(self, path, options, *, need_abp=True):
        ppg = np.sin(np.arange(700) / 125 * 2 * np.pi * 1.2) * np.ones((6, 1))
        ppg[4] = 0
        sbp = np.array([110.0, 120, 190, 121, 122, 123])
        ready = ReadyWindows(6, 125.0, 700, lambda a, b: (ppg[a:b] + np.arange(a, b)[:, None], sbp[a:b], sbp[a:b] - 50))
        return Record("own", path, 125.0, ("PPG",), ready.seconds, (), ready=ready)
"""


def quality_of(cut):
    """Quality table from the windows of each record."""
    rows = [{"record": name, "windows_kept": len(one.kept), **one.rejected} for name, one in cut.items()]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Table of records, how they are read, and the windows of each."""
    folder = tmp_path_factory.mktemp("cohort")
    write_cohort(range(1, 7), SimulatorOptions(minutes=5, seed=4), folder)
    reading = RecordOptions(source="wfdb", path=str(folder))
    records = list_records(find_records(reading), reading)
    cut = {row.record: cut_windows(open_record(row.path, reading), OPTIONS) for row in records.itertuples()}
    return records, reading, cut


def test_each_example_is_a_window_with_its_fate(cohort):
    records, reading, cut = cohort
    quality = quality_of(cut)
    examples = pick_examples(quality, records, reading, OPTIONS)
    counts = quality[list(OPTIONS.rules)].drop(columns="missing").sum().sort_values(ascending=False, kind="stable")
    assert len(counts[counts > 0]) >= 3
    assert list(dict.fromkeys(examples["rule"])) == [KEPT, *counts[counts > 0].index[:MOST_RULES]]
    for rule, own in examples.groupby("rule"):
        signals = [wave for name in cut for wave in signals_of(records, reading, cut, name, rule)]
        shown = own[["ppg", "abp"]].to_numpy()
        assert any(np.array_equal(shown, wave, equal_nan=True) for wave in signals)


def signals_of(records, reading, cut, name, rule):
    """Every second sample of both signals in each window of a record with this fate."""
    windows = cut[name].candidates
    fates = np.array([*OPTIONS.rules, KEPT])[first_broken_rule(windows, OPTIONS)]
    segments = open_record(records.set_index("record").loc[name, "path"], reading).segments
    for at in np.flatnonzero(fates == rule):
        start, seconds = windows.start[at], windows.seconds[at]
        [segment] = [one for one in segments if one.start <= start < one.start + one.seconds]
        first = round((start - segment.start) * segment.fs)
        yield np.column_stack(segment.read(first, first + round(seconds * segment.fs)))[::2]


def test_records_that_are_gone_are_passed_over(cohort, capsys):
    records, reading, cut = cohort
    gone = records.assign(path=records["path"] + "_deleted")
    examples = pick_examples(quality_of(cut), gone, reading, OPTIONS)
    assert examples.empty
    assert "rule" in examples
    assert "_deleted" in capsys.readouterr().out
    assert pick_examples(quality_of(cut), records.head(0), reading, OPTIONS).empty


def test_windows_that_others_cut_are_shown_without_a_pressure_wave(tmp_path, monkeypatch):
    (tmp_path / "examples_source.py").write_text(OWN_SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    reading, options = RecordOptions(source="examples_source:Own"), WindowOptions()
    quality = quality_of({"own": cut_windows(open_record("own", reading), options)})
    records = pd.DataFrame({"record": ["own"], "path": ["own"]})
    examples = pick_examples(quality, records, reading, options).set_index("rule")
    assert list(dict.fromkeys(examples.index)) == [KEPT, "flat", "sbp"]
    assert examples["abp"].isna().all()
    assert examples.loc["sbp", "sbp"].eq(190).all()
    assert examples.loc["sbp", "ppg"].mean() == pytest.approx(2, abs=0.1)
    assert examples.loc["flat", "ppg"].eq(4).all()
