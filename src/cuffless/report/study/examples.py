"""Windows to look at: one that was kept, and one for each of the rules that rejected most."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from cuffless.config import RecordOptions, WindowOptions
from cuffless.records import Record, RecordError, get_source, open_record, record_errors
from cuffless.windows import EXPLANATIONS, Measures, first_broken_rule, iter_windows, judge_labelled

KEPT = "kept"
MOST_RULES = 5
_TRIES = 3  # records that are opened for one rule
_SHOWN_HZ = 60.0  # enough for the eye, and a page stays small
_NOT_SHOWN = ("missing",)  # such a window ends in a gap, and there is nothing to see
_COLUMNS = ("rule", "second", "ppg", "abp", "sbp", "dbp", "hr")


def pick_examples(
    quality: pd.DataFrame, records: pd.DataFrame, reading: RecordOptions, options: WindowOptions
) -> pd.DataFrame:
    """Signals of one kept window, and of one rejected window for each of the rules that rejected most.

    Of the record with most rejected windows, the middle one of its first hour with any is taken; of kept ones, of a
    record with the median number of them, as most come from a fast pulse.

    Parameters
    ----------
    quality : DataFrame
        One row per record: ``record, windows_kept`` and one column per rule.
    records : DataFrame
        Table of records: ``record, path``.
    reading : RecordOptions
        How the files are read.
    options : WindowOptions
        By which the windows were cut.

    Returns
    -------
    DataFrame
        One row per sample: ``rule`` (`KEPT` first, then rules by the windows that they rejected), ``second`` (from the
        window's start), ``ppg`` (any unit), ``abp`` (mmHg; NaN without a pressure wave), and ``sbp, dbp, hr`` of the
        window (mmHg, bpm). A rule is left out if no such record can be read now, for example because its signals were
        deleted.
    """
    rules = [name for name in quality if name in EXPLANATIONS and name not in _NOT_SHOWN]
    counts = quality[rules].sum().sort_values(ascending=False, kind="stable")
    wanted = {rule: quality.loc[quality[rule] > 0, rule] for rule in counts[counts > 0].index[:MOST_RULES]}
    kept = quality.loc[quality["windows_kept"] > 0, "windows_kept"]
    wanted = {KEPT: -(kept - kept.median()).abs(), **wanted}
    paths = records.drop_duplicates("record").set_index("record")["path"]
    found = []
    for rule, windows in wanted.items():
        order = windows.sort_values(ascending=False, kind="stable").index[:_TRIES]
        names = [name for name in quality.loc[order, "record"] if name in paths.index]
        example = _first_example(paths[names], rule, reading, options)
        if example is not None:
            found.append(example.assign(rule=rule))
    return pd.concat(found, ignore_index=True)[list(_COLUMNS)] if found else pd.DataFrame(columns=list(_COLUMNS))


def _first_example(paths: Iterable[str], rule: str, reading: RecordOptions, options: WindowOptions):
    """Signals of a window of the first record that can be read; None if there is none."""
    source = get_source(reading.source)
    for path in paths:
        try:
            with record_errors(path), source.reserve(path, reading):
                record = open_record(path, reading)
                found = _find_window(record, rule, options)
                if found is not None:
                    return _signals(record, found)
        except RecordError as error:
            print(f"{rule}: {error}", flush=True)
    return None


def _find_window(record: Record, rule: str, options: WindowOptions) -> Measures | None:
    """The middle window with this fate among the first that are read together."""
    for windows in iter_windows(record, options):
        measures = windows.candidates
        if record.ready is None:
            verdict = first_broken_rule(measures, options)
        else:
            verdict, _ = judge_labelled(measures, options, labelled=np.isfinite(measures.sbp), missing=0)
        at = np.flatnonzero(verdict == (-1 if rule == KEPT else options.rules.index(rule)))
        if len(at):
            return measures.select(at[[len(at) // 2]])
    return None


def _signals(record: Record, window: Measures) -> pd.DataFrame:
    start, seconds = float(window.start[0]), float(window.seconds[0])
    if record.ready is None:
        segment = next(one for one in reversed(record.segments) if one.start <= start + 1e-6)
        fs, first = segment.fs, round((start - segment.start) * segment.fs)
        ppg, abp = segment.read(first, min(first + round(seconds * fs), segment.n_samples))
    else:
        at = int(np.abs(record.ready.starts(0, record.ready.n) - start).argmin())
        fs, (ppg, abp) = record.ready.fs, (np.asarray(record.ready.read(at, at + 1)[0][0], float), None)
    step = max(int(fs / _SHOWN_HZ), 1)
    return pd.DataFrame(
        {
            "second": (np.arange(len(ppg)) / fs)[::step],
            "ppg": ppg[::step],
            "abp": np.nan if abp is None else abp[::step],
            "sbp": window.sbp[0],
            "dbp": window.dbp[0],
            "hr": window.hr[0],
        }
    )
