"""Standards' screens on a page, and the list of what cannot be assessed at all."""

from collections.abc import Mapping
from typing import Any

from cuffless.judgement.standards import CANNOT_CERTIFY
from cuffless.judgement.standards.screening import telling_digits
from cuffless.report.judgement.bands import NO_INTERVALS
from cuffless.report.judgement.tables import PRESSURE, download
from cuffless.report.tables import Column, Table, make_table
from cuffless.report.wording import NOTHING, baseline_name, case_name, count, number, one_sign, text

OVERALL = "overall"
"""Clause of a standard's row that holds its verdict."""
NOT_ASSESSABLE = "not assessable"
MOST_ROWS = 3000
"""Limit for the screens' clauses on a page; beyond it, only their CSV has them."""


def standards_tables(judgement, cases: Mapping[str, int], networks: Mapping[str, int]) -> dict[str, Table]:
    """One table per standard, and under the name ``""`` all verdicts together."""
    rows = judgement.standards
    seeds = len(rows["seed"].unique()) > 1
    seed = [Column("seed", lambda r: count(r.seed), numeric=True)] if seeds else []
    verdict = Column("verdict", "verdict", verdict=True)
    reading, reason = Column("reading", "reading", wide=True), Column("reason", reason_of, wide=True)
    overall = rows[rows["clause"] == OVERALL]
    head = [PRESSURE, *seed, verdict]
    numbered: dict[str, Any] = {"cases": cases, "networks": networks}
    tables = {
        "": make_table(
            overall,
            [Column("standard", "standard"), *head, reading, reason],
            "Verdicts",
            **numbered,
            download=download(judgement, "standards"),
        )
    }
    if len(rows) > MOST_ROWS:
        return tables
    columns = [
        Column("clause", lambda r: one_sign(str(r.clause))),
        *head,
        Column("quantity", lambda r: one_sign(str(r.quantity)), wide=True),
        Column("value", lambda r: measured(r.value, str(r.limit)), numeric=True),
        Column("limit", lambda r: one_sign(measured(r.limit)), wide=True),
        reading,
        reason,
    ]
    for name, own in rows[rows["clause"] != OVERALL].groupby("standard", sort=False):
        several = len(own["reading"].unique()) > 1
        shown = columns if several else [column for column in columns if column is not reading]
        tables[str(name)] = make_table(own, shown, f"{name}, clause by clause", **numbered)
    return tables


def reason_of(row) -> str:
    """Reason of a verdict, without the caveat that the page gives once."""
    return one_sign(text(row.reason).removesuffix(CANNOT_CERTIFY).strip())


def measured(value: Any, limit: str = "") -> str:
    """Write a screen's value or limit, which may be words; a value so that it compares with its limit as it does."""
    if value is None or value != value:
        return NOTHING
    try:
        value = float(value)
    except ValueError:  # a grade
        return str(value)
    return number(value, 0 if value.is_integer() else telling_digits(value, limit, 2))


def missing_baselines(skill) -> list[str]:
    """Baselines that cannot be had, each with the reason."""
    missing = skill[skill["skill"].isna()].drop_duplicates("baseline")
    return [f"{baseline_name(row.baseline)} ({_why(row.reason)})" for row in missing.itertuples()]


def _why(reason: object) -> str:
    """A reason without the words of its heading."""
    return text(reason).removeprefix(f"{NOT_ASSESSABLE}: ")


def unassessed(judgement) -> list[tuple[str, str, str]]:
    """What cannot be assessed: (what, why, cases), each reason once."""
    found: dict[tuple[str, str], list[str]] = {}

    def add(what: str, why: str, case: str) -> None:
        cases = found.setdefault((what, why), [])
        if case and case_name(case) not in cases:
            cases.append(case_name(case))

    for row in judgement.skill[judgement.skill["skill"].isna()].itertuples():
        add(f"skill against: {baseline_name(row.baseline)}", _why(row.reason), row.case)
    for case in judgement.cases["case"]:
        if "case" not in judgement.drift or not (judgement.drift["case"] == case).any():
            add("error against the time since calibration", "no calibration rows with times", case)
        if not (judgement.intervals["case"] == case).any():
            add("intervals per prediction", NO_INTERVALS, case)
    screens = judgement.standards
    screens = screens[(screens["verdict"] == NOT_ASSESSABLE) & (screens["clause"] != OVERALL)]
    keys = ["standard", "reading", "reason", "case"]
    for (standard, reading, reason, case), own in screens.groupby(keys, sort=False):
        what = f"{standard}, {reading}: {'; '.join(dict.fromkeys(own['quantity']))}"
        add(one_sign(what), one_sign(_why(reason)), case)
    for row in judgement.leaks[judgement.leaks["verdict"] == NOT_ASSESSABLE].itertuples():
        add(f"leak: {str(row.kind).replace('_', ' ')}", _why(row.reason), getattr(row, "case", ""))
    return [(what, why, ", ".join(cases)) for (what, why), cases in found.items()]
