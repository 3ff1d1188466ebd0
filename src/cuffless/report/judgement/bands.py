"""Intervals per prediction on a page: in a sentence, in numbers, and as charts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.judgement.intervals.abstaining import DECIDING
from cuffless.judgement.intervals.bands import DRAWN, HELD_BAND, KINDS, MEAN_BAND
from cuffless.judgement.intervals.coverage import TOO_LITTLE, TOO_MUCH
from cuffless.judgement.names import NONE
from cuffless.report.chart_parts import Chart, axis, chart, error_trace, in_chart, line
from cuffless.report.judgement.tables import PRESSURE, download, seeded
from cuffless.report.sentences import BETTER, UNKNOWN, UNSHOWN, WORSE, Sentence, verdict_of
from cuffless.report.tables import COUNTS, Column, Table, make_table
from cuffless.report.wording import (
    AVERAGES,
    count,
    network_name,
    number,
    percent,
    plural,
    share_with_limits,
    windows_of,
    with_limits,
)

IDLE = (MEAN_BAND, HELD_BAND)
"""Kinds that know nothing of the signal."""
NO_INTERVALS = (
    "the table states no intervals (columns sbp_lo, sbp_hi, dbp_lo, dbp_hi, or sbp_sd, dbp_sd) and has neither "
    "predictions in rows of val nor a column seed with several trainings of one predictor"
)
_OUTCOMES = {TOO_LITTLE: "fewer than they should", TOO_MUCH: "more than they need to"}
"""What a verdict means; another is written as it is."""
_SKILLS = {BETTER: "better than doing nothing", WORSE: "worse than doing nothing"}


def interval_sentences(intervals: pd.DataFrame, risk: pd.DataFrame, case: str, network: str) -> list[Sentence]:
    """Say what a predictor's intervals cover, and whether that is better than doing nothing.

    Parameters
    ----------
    intervals, risk : DataFrame
        Of a judgement.
    case, network : str

    Returns
    -------
    list of Sentence
        One per pressure that has intervals: those that the predictor states, else the first that the judge makes; with
        several seeds, the first seed's.
    """
    sentences = []
    for pressure in dict.fromkeys(intervals["pressure"]):
        rows, risks = (_own(table, case, network, pressure) for table in (intervals, risk))
        if len(rows):
            row = next(rows.itertuples())
            held = _held_value(_own(intervals, case, NONE, pressure))
            sentences.append(_sentence(row, risks[risks["kind"] == row.kind], held, int(rows["seed"].nunique())))
    return sentences


def interval_words(intervals: pd.DataFrame, case: str, network: str) -> dict[str, str]:
    """What the same intervals as in `interval_sentences` hold, in a few words for the terminal, by pressure."""
    words = {}
    for pressure in dict.fromkeys(intervals["pressure"]):
        rows = _own(intervals, case, network, pressure)
        for row in rows.head(1).itertuples():
            outcome = _OUTCOMES.get(row.verdict, row.verdict)
            held = share_with_limits(row.coverage, row.lower, row.upper)
            words[pressure] = (
                f"hold {held} %: {outcome} ({KINDS[row.kind]}); median width {mmhg(row.median_width)}, the population "
                f"mean's {mmhg(row.baseline_width)}"
            )
    return words


def _own(table: pd.DataFrame, case: str, network: str, pressure: str) -> pd.DataFrame:
    """Rows of a network and pressure, subjects counting the same."""
    chosen = table["case"].eq(case) & table["network"].eq(network) & table["pressure"].eq(pressure)
    return table[chosen & table["average"].eq("subject")]


def _held_value(rows: pd.DataFrame) -> str:
    """What a held calibration value gives on the same windows."""
    row = next(rows[rows["kind"] == HELD_BAND].itertuples(), None)
    if row is None:
        return ""
    return (
        f"Calibration's {KINDS[HELD_BAND]}: median width {mmhg(row.median_width)}, holding {percent(row.coverage)}, "
        f"score {_cell(row.score)}."
    )


def _sentence(row, risk: pd.DataFrame, held: str, seeds: int) -> Sentence:
    name = network_name(row.network) + (f" (seed {row.seed})" if seeds > 1 and pd.notna(row.seed) else "")
    level, known = f"{100 * row.level:g} %", np.isfinite([row.lower, row.upper]).all()
    outcome = _OUTCOMES.get(row.verdict, f"not shown to differ from the {level} that they should")
    limits = f"{100 * row.confidence:g} % interval {percent(row.lower)} to {percent(row.upper)}, "
    if not known:
        outcome, limits = "with so few nothing is known about other people", ""
    text = (
        f"{name}, {level} intervals {KINDS[row.kind]}: they hold {percent(row.coverage)} of a person's windows "
        f"({limits}{plural(row.n_subjects, 'subject')}): {outcome}. {_width(row)}."
    )
    verdict = UNKNOWN if not known else WORSE if row.verdict == TOO_LITTLE else _of_score(row)
    return Sentence(row.pressure, verdict, text, " ".join(filter(None, (_score(row), held, _abstaining(risk)))))


def _of_score(row) -> str:
    found = verdict_of(row.score_skill, row.score_skill_lower, row.score_skill_upper)
    return UNSHOWN if found == UNKNOWN else found


def _width(row) -> str:
    said = f"Median width {mmhg(row.median_width)}"
    if not np.isfinite([row.median_width, row.baseline_width]).all():
        return said
    return f"{said}; {KINDS[MEAN_BAND]}: {mmhg(row.baseline_width)}, holding {percent(row.baseline_coverage)}"


def _score(row) -> str:
    if not np.isfinite(row.score_skill):
        return ""
    outcome = _SKILLS.get(_of_score(row), "not shown to be better than doing nothing")
    skill = with_limits(row.score_skill, row.score_skill_lower, row.score_skill_upper, 2)
    return (
        f"Interval score, less is better: {number(row.score)} in place of {number(row.baseline_score)} mmHg (skill "
        f"{skill}): {outcome}."
    )


def _abstaining(risk: pd.DataFrame) -> str:
    row = next(risk[np.isclose(risk["share"].astype(float), DECIDING)].itertuples(), None)
    if row is None:
        return "All are equally wide, so they do not tell where to abstain."
    change = with_limits(-row.gain, -row.gain_upper, -row.gain_lower, signed=True)
    return (
        f"Without the half of the windows with the widest intervals the MAE is {number(row.mae)} instead of "
        f"{number(row.random_mae)} mmHg ({change}): {row.verdict}."
    )


def mmhg(value: float) -> str:
    """A width in mmHg, which may be infinite."""
    return "infinite" if np.isinf(value) else f"{number(value)} mmHg"


def interval_columns(*, seeded: bool = True) -> list[Column]:
    """Columns of a table of intervals; without that of the seed where there are none."""
    return [
        Column("intervals", lambda r: KINDS.get(r.kind, r.kind)),
        PRESSURE,
        Column("equal weight for", lambda r: AVERAGES.get(r.average, r.average)),
        *([Column("seed", lambda r: count(r.seed) if pd.notna(r.seed) else "", numeric=True)] if seeded else []),
        Column("should hold", lambda r: percent(r.level), numeric=True),
        Column("hold, %", _held, numeric=True),
        Column("verdict", "verdict"),
        Column("held of 9 in 10 people at least", lambda r: percent(r.subject_p10), numeric=True),
        Column("mean width", lambda r: _cell(r.width), numeric=True),
        Column("median width", lambda r: _cell(r.median_width), numeric=True),
        Column("interval score", lambda r: _cell(r.score), numeric=True),
        Column(
            "skill of the score",
            lambda r: with_limits(r.score_skill, r.score_skill_lower, r.score_skill_upper, 2),
            numeric=True,
        ),
        Column("MAE", lambda r: number(r.mae), numeric=True),
        *COUNTS,
        Column("without an interval", lambda r: count(r.n_missing), numeric=True),
        Column("infinitely wide", lambda r: count(r.n_infinite), numeric=True),
    ]


def _held(row) -> str:
    return share_with_limits(row.coverage, row.lower, row.upper)


def _cell(value: float) -> str:
    return "∞" if np.isinf(value) else number(value)


def band_table(judgement, cases: Mapping[str, int], networks: Mapping[str, int]) -> Table:
    """Coverage, width and score of all intervals."""
    return make_table(
        judgement.intervals,
        interval_columns(seeded=seeded(judgement)),
        "Intervals: what they hold and how wide they are, mmHg",
        cases=cases,
        networks=networks,
        download=download(judgement, "intervals"),
    )


def interval_figures(judgement, pairs) -> dict[str, dict[str, dict[str, Chart]]]:
    """Charts of coverage by pressure and of abstaining, by case and network, by pressure.

    Parameters
    ----------
    judgement : Judgement
    pairs : iterable of (case, network, key)
        As from the page's choice.
    """
    figures: dict[str, dict[str, dict[str, Chart]]] = {"interval_bins": {}, "risk": {}}
    for case, network, key in pairs:
        for pressure in dict.fromkeys(judgement.intervals["pressure"]):
            for name, make in (("interval_bins", coverage_chart), ("risk", risk_chart)):
                rows = shown_rows(getattr(judgement, name), case, network)
                rows = rows[rows["pressure"] == pressure]
                if (rows["network"] != NONE).any():
                    figures[name].setdefault(key, {})[pressure] = make(rows, pressure)
    return figures


def shown_rows(table: pd.DataFrame, case: str, network: str) -> pd.DataFrame:
    """Rows that charts show: of a network's first seed and its seeds together, and of what needs no network."""
    rows = table[table["case"].eq(case) & table["network"].isin([network, NONE]) & table["kind"].isin(DRAWN)]
    if "average" in rows:
        rows = rows[rows["average"] == "subject"]
    return rows[rows["seed"].isna() | rows["seed"].eq(rows["seed"].min())]


def coverage_chart(rows: pd.DataFrame, pressure: str) -> Chart:
    """Share of windows held in bins of the reference, and below it the median width of the intervals."""
    data = []
    for kind, own in rows.groupby("kind", sort=False):
        middle = (own["bin_low"] + own["bin_high"]) / 2
        hover = [
            f"{row.bin_low:g} to {row.bin_high:g} mmHg<br>{_held(row)} % held, median width {_cell(row.median_width)} "
            f"mmHg<br>{windows_of(row.n_windows, row.n_subjects)}"
            for row in own.itertuples()
        ]
        shares = pd.DataFrame({name: 100 * own[of] for name, of in _AS_MAE.items()})
        above = error_trace(shares, middle, KINDS[kind], hover, _place(kind))
        below = {**above, "y": _finite(own["median_width"]), "yaxis": "y2", "showlegend": False}
        del below["error_y"]
        data += [above, below]
    level = 100 * float(rows["level"].iloc[0])
    across = line({"x0": 0, "x1": 1, "xref": "paper", "y0": level, "y1": level}, dash="dot")
    x = axis(f"reference {pressure} (mmHg)", anchor="y2")
    y = axis("windows held (%)", domain=[0.42, 1], range=[0, 104])
    y2 = axis("median width<br>(mmHg)", domain=[0, 0.32], rangemode="tozero", nticks=4)
    return chart(data, 520, x, y, yaxis2=y2, shapes=[across], legend=True)


_AS_MAE = {"mae": "coverage", "lower": "lower", "upper": "upper"}


def _place(kind: str) -> int | None:
    """Which colour and symbol a kind has; None for the grey of a baseline."""
    return None if kind == MEAN_BAND else DRAWN.index(kind)


def _finite(values: pd.Series) -> list[float | None]:
    return [round(float(value), 1) if np.isfinite(value) else None for value in values]


def risk_chart(rows: pd.DataFrame, pressure: str) -> Chart:
    """MAE of the windows on which a predictor does not abstain, and of as many random ones."""
    data = []
    for kind, own in rows.groupby("kind", sort=False):
        hover = [
            f"{percent(row.share)} of the windows, intervals up to {_cell(row.widest)} mmHg<br>"
            f"MAE {with_limits(row.mae, row.lower, row.upper)}, at random {number(row.random_mae)} mmHg<br>"
            f"{windows_of(row.n_windows, row.n_subjects)}"
            for row in own.itertuples()
        ]
        data.append(error_trace(own, 100 * own["share"], KINDS[kind], hover, _place(kind)))
        if len(data) == 1:
            random = own.assign(mae=own["random_mae"], lower=np.nan, upper=np.nan)
            words = [f"MAE {number(value)} mmHg" for value in own["random_mae"]]
            data.append(error_trace(random, 100 * own["share"], in_chart("in random order"), words, None))
    x = axis(f"windows not abstained on, {pressure} (%)", range=[105, 5])
    return chart(data, 400, x, axis("MAE (mmHg)", rangemode="tozero"), legend=True)
