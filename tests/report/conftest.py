"""Judgements as a page takes them, made up: the pages' tests need no judge."""

import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.report.judgement.page import write_judgement_page

PRESSURES = ("SBP", "DBP")
CALIBRATED = ("hold_first", "hold_last", "calibration_mean", "offset")
BASELINES = ("population_mean", "population_median", "heart_rate", "demographics", *CALIBRATED)


def _frame(rows):
    return pd.DataFrame(list(rows))


def make_judgement(
    cases=("nonmixed", "mixed"),
    networks=("alexnet", "mean"),
    subjects=40,
    windows=20,
    calibrated=True,
    names="p#",
    records=1,
    shown=60,
    stated=False,
    pressures=PRESSURES,
    seeds=1,
):
    """A judgement whose numbers are made up but hang together."""
    rng = np.random.default_rng(0)
    people = [names.replace("#", f"{k:06d}") for k in range(subjects)]
    level = {p: rng.normal(m, s, subjects) for p, m, s in (("SBP", 118, 17), ("DBP", 62, 8), ("MAP", 81, 9))}
    mean_of = {"SBP": 118.0, "DBP": 62.0, "MAP": 81.0}
    known = [b for b in BASELINES if b != "demographics" and (calibrated or b not in CALIBRATED)]
    follows = {(c, n): 0.0 if n == "mean" else 0.8 if c == "mixed" else 0.3 for c in cases for n in networks}
    each = [(c, n, p) for c in cases for n in networks for p in pressures]

    def errors(case, network, pressure):
        return 4 + 0.6 * np.abs(level[pressure] - mean_of[pressure]) * (1 - follows[case, network])

    skill, merits, bins, agreement, drift, tests, standards, people_rows = [], [], [], [], [], [], [], []
    for case, network, pressure in each:
        own = {"case": case, "network": network, "pressure": pressure}
        mae = errors(case, network, pressure)
        base = 4 + 0.6 * np.abs(level[pressure] - mean_of[pressure])
        for average in ("pooled", "subject"):
            merits.append(
                {
                    **own, "average": average, "seeds": 1, "n_subjects": subjects, "n_windows": subjects * windows,
                    "mae": mae.mean(), "mae_lower": mae.mean() - 1, "mae_upper": mae.mean() + 1.5,
                    "me": 0.7, "me_lower": -1.2, "me_upper": 2.3, "sd": 12.0, "rmse": 12.1,
                    "within10": 0.55, "within10_lower": 0.5, "within10_upper": 0.61,
                    "slope": follows[case, network] - 1,
                    "sd_ratio": follows[case, network], "r2": 0.1, "within_r": np.nan, "concordance": 0.6,
                    "n_changes": 120, "explained": 1.05, "interval": "bootstrap-t", "confidence": 0.95,
                }
            )  # fmt: skip
            for i, baseline in enumerate(BASELINES):
                there = baseline in known
                value = 1 - mae.mean() / (base.mean() * (1 - 0.06 * i))
                skill.append(
                    {
                        **own, "baseline": baseline, "average": average,
                        "skill": value if there else np.nan,
                        "lower": value - 0.12 if there else np.nan, "upper": value + 0.1 if there else np.nan,
                        "interval": "bootstrap-t" if there else None,
                        "baseline_mae": base.mean() * (1 - 0.06 * i) if there else np.nan,
                        "mae": mae.mean() if there else np.nan, "n_subjects": subjects,
                        "reason": "" if there else "not assessable: no column age",
                    }
                )  # fmt: skip
        for low in range(75, 165, 10) if pressure == "SBP" else range(40, 80, 10):
            inside = (level[pressure] >= low) & (level[pressure] < low + 10)
            if inside.any():
                sure = inside.sum() >= 6
                bins.append(
                    {
                        **own, "bin_low": float(low), "bin_high": low + 10.0, "mae": mae[inside].mean(),
                        "lower": mae[inside].mean() - 2 if sure else np.nan,
                        "upper": mae[inside].mean() + 2 if sure else np.nan,
                        "interval": "bootstrap-t" if sure else "too few subjects",
                        "n_windows": int(inside.sum() * windows), "n_subjects": int(inside.sum()),
                    }
                )  # fmt: skip
        agreement.append(
            {
                **own, "bias": 0.7, "bias_lower": -1.2, "bias_upper": 2.3, "sd_between": 10.0, "sd_within": 6.0,
                "sd_total": 11.7, "slope": -0.8, "low_at_p5": -8.0, "high_at_p5": 30.0, "low_at_p95": -40.0,
                "high_at_p95": -2.0, "rms_after_first": 9.5,
                "loa_low": -22.2, "loa_low_lower": -26.0, "loa_low_upper": -19.0,
                "loa_high": 23.6, "loa_high_lower": 20.0, "loa_high_upper": 27.4,
                "n_subjects": subjects, "n_windows": subjects * windows,
            }
        )  # fmt: skip
        if calibrated:
            for low, high in ((0.0, 1.0), (1.0, 3.0), (3.0, 10.0)):
                drift.append(
                    {
                        **own, "minutes_low": low, "minutes_high": high, "mae": 8 + low, "lower": 7 + low,
                        "upper": 9.5 + low, "n_subjects": subjects, "n_windows": 3 * subjects,
                    }
                )  # fmt: skip
        tests += [
                {
                    **own, "baseline": baseline, "difference": (mae - base).mean(), "lower": -4.0, "upper": -0.5,
                    "n_pairs": subjects, "paired_p": 0.012, "paired_p_holm": 0.048, "paired_significant": True,
                    "family": 4,
                    "ks_windows_p": 1e-12, "ttest_windows_p": 1e-20,
                }
                for baseline in known
            ]  # fmt: skip
        screen = {"case": case, "network": network, "seed": 0, "pressure": pressure, "value": np.nan, "limit": np.nan}
        for standard, reading, verdict, reason in (
            ("ISO 81060-2:2018", "cuff reference", "not assessable", "40 subjects, 85 are needed"),
            ("BHS 1993", "all windows", "fails", "grade D"),
            ("IEEE 1708-2014", "all windows", "holds", ""),
        ):
            of = {**screen, "standard": standard, "reading": reading}
            standards.append({**of, "clause": "overall", "quantity": "", "verdict": verdict, "reason": reason})
            standards.append(
                {
                    **of, "clause": "criterion 1", "quantity": "mean error", "value": 0.7, "limit": 5.0,
                    "verdict": "holds", "reason": "",
                }
            )  # fmt: skip
            standards.append(
                {
                    **of, "clause": "coverage", "quantity": f"share of {pressure} at the low end", "value": 0.041,
                    "limit": 0.05, "verdict": "not assessable", "reason": "the configuration cuts this range",
                }
            )  # fmt: skip
        for k, person in enumerate(people):
            ref = level[pressure][k]
            said = mean_of[pressure] + follows[case, network] * (ref - mean_of[pressure]) + rng.normal(0, 2)
            people_rows.append(
                {
                    **own, "subject": person, "n_windows": windows, "mae": mae[k], "me": said - ref,
                    "reference_mean": ref, "prediction_mean": said, "baseline_mae": base[k],
                }
            )  # fmt: skip
    traces = []
    for case in cases:
        for k, person in list(enumerate(people))[:shown]:
            start = np.arange(windows) * 12.0
            ref = {p: level[p][k] + rng.normal(0, 5, windows) for p in pressures}
            for network in networks:
                said = {
                    p: mean_of[p] + follows[case, network] * (ref[p] - mean_of[p]) + rng.normal(0, 3, windows)
                    for p in pressures
                }
                record = [f"{person}_{i * records // windows}" for i in range(windows)]
                traces.append(
                    pd.DataFrame(
                        {
                            "case": case, "network": network, "subject": person, "record": record,
                            "window": np.arange(windows) + 1, "start": start, "seconds": 7.0, "elapsed": start,
                            **{f"{p.lower()}_ref": ref[p] for p in pressures},
                            **{p.lower(): said[p] for p in pressures},
                            **{f"{p.lower()}_mean": mean_of[p] for p in pressures},
                        }
                    )
                )  # fmt: skip
    leaks = [
        {"case": c, "kind": k, "count": n, "verdict": v, "examples": e, "reason": r}
        for c in cases
        for k, n, v, e, r in (
            ("shared_subject", 40 * (c == "mixed"), "found" if c == "mixed" else "none", "", "subjects on both sides"),
            ("near_duplicates", np.nan, "not assessable", "", "needs the signals"),
        )
    ]
    events = [
        {
            "case": case, "network": network, "method": method, "event": f"{pressure} >= {limit}",
            "pressure": pressure, "by": by, "n": n, "n_subjects": subjects, "n_events": n // 5 * (limit < 90),
            "n_event_subjects": subjects // 5, "prevalence": 0.2 * (limit < 90),
            "n_alarms": 0 if method == "population_mean" else n // 10,
            "n_false": 0 if method == "population_mean" else n // 20,
            **dict.fromkeys(("sensitivity", "specificity", "npv"), 0.31),
            "ppv": np.nan if method == "population_mean" else 0.5,
            **{
                f"{name}_{end}": np.nan if (name, method) == ("ppv", "population_mean") else value
                for name in ("sensitivity", "specificity", "ppv", "npv")
                for end, value in (("lower", 0.22), ("upper", 0.43))
            },
            "mae": 21.3 if by == "window" else np.nan, "mae_lower": 18.0, "mae_upper": 25.1, "seeds": 1,
            "interval": "Korn-Graubard", "confidence": 0.95, "reason": "",
        }
        for case in cases
        for pressure, limit in (("DBP", 80), ("DBP", 90))
        for by, n in (("window", subjects * windows), ("person", subjects))
        for network, method in (*((name, "network") for name in networks), ("none", "population_mean"))
    ]  # fmt: skip
    dependence = [
        {
            **dict(zip(("case", "network", "pressure"), own, strict=True)), "knows": knows,
            "mae": 10.1, "mae_shuffled": 10.1 + cost, "cost": cost, "cost_lower": cost - 0.1, "cost_upper": cost + 0.1,
            "interval": "bootstrap-t", "confidence": 0.95, "cost_share": cost / 10.1,
            "sd_prediction": 6.0, "sd_reference": 17.0, "sd_ratio": 0.35,
            "verdict": "depends" if cost > 1 else "hardly depends", "reason": "", "n_subjects": subjects, "seeds": 1,
        }
        for own in each
        for knows, cost in (("any", 2.2), ("person", 2.0), ("changes", 0.2))
    ]  # fmt: skip
    drift_columns = ["case", "network", "pressure"]
    return SimpleNamespace(
        cases=_frame(
            {
                "case": case, "split": case, "setting": "", "n_subjects": subjects, "n_windows": subjects * windows,
                "n_training_subjects": 95, "n_training_windows": 3662, "n_calibration": 18 * subjects * calibrated,
                "networks": ", ".join(networks), "seeds": seeds, "baselines_fitted_on": "training rows",
            }
            for case in cases
        ),
        skill=_frame(skill), merits=_frame(merits), bins=_frame(bins), agreement=_frame(agreement),
        drift=_frame(drift) if drift else pd.DataFrame(columns=drift_columns), tests=_frame(tests),
        standards=_frame(standards), subjects=_frame(people_rows), leaks=_frame(leaks),
        events=_frame(events), dependence=_frame(dependence),
        traces=pd.concat(traces, ignore_index=True),
        **make_intervals(cases, networks, subjects, windows, stated, pressures),
        notes=["WARNING: SBP is not above DBP in the reference of 1 row (line 7)", "no column age: not assessable"],
    )  # fmt: skip


def make_intervals(cases, networks, subjects, windows, stated, pressures):
    """Tables of intervals: every network's as stated and calibrated, and the population mean's; empty if not stated."""
    kinds = [(network, 0, kind) for network in networks for kind in ("given", "conformal")]
    kinds.append(("none", None, "population mean"))
    known = [(c, *kind, p) for c in cases for kind in kinds for p in pressures] if stated else []
    intervals, bins, risk = [], [], []
    for case, network, seed, kind, pressure in known:
        own = {"case": case, "network": network, "seed": seed, "kind": kind, "pressure": pressure, "level": 0.9}
        held = 0.8 if kind == "given" else 0.9
        of = {"n_subjects": subjects, "n_windows": subjects * windows, "confidence": 0.95, "interval": "bootstrap-t"}
        width = {"given": 30.0, "conformal": np.inf}.get(kind, 44.0)
        score = {"score_skill": -0.2, "score_skill_lower": -0.3, "score_skill_upper": -0.1} if kind == "given" else {}
        intervals += [
            {
                **own, **of, "average": average, "coverage": held, "lower": held - 0.06, "upper": held + 0.05,
                "verdict": "covers too little" if kind == "given" else "not shown to differ", "subject_p10": held - 0.3,
                "width": width, "median_width": width, "score": width + 20, "baseline_coverage": 0.91,
                "baseline_width": 44.0, "baseline_score": 60.0, "mae": 12.0, "n_missing": 0, "n_infinite": 0,
                "score_skill": np.nan, "score_skill_lower": np.nan, "score_skill_upper": np.nan, **score,
            }
            for average in ("pooled", "subject")
        ]  # fmt: skip
        bins += [
            {
                **own, **of, "bin_low": low, "bin_high": low + 10.0, "coverage": held, "lower": held - 0.1,
                "upper": held + 0.1, "width": width, "median_width": width,
            }
            for low in (100.0, 110.0, 120.0)
        ]  # fmt: skip
        if kind == "given":
            risk += [
                {
                    **own, **of, "average": "subject", "share": share, "mae": 8 + 4 * share, "lower": 7 + 4 * share,
                    "upper": 9 + 4 * share, "random_mae": 12.0, "gain": 4 - 4 * share, "gain_lower": 3 - 4 * share,
                    "gain_upper": 5 - 4 * share, "verdict": "abstaining helps", "widest": 60 * share,
                }
                for share in (1.0, 0.5)
            ]  # fmt: skip
    columns = ["case", "network", "seed", "kind", "pressure", "average"]
    found = {"intervals": intervals, "interval_bins": bins, "risk": risk}
    tables = {name: pd.DataFrame(rows, columns=None if rows else columns) for name, rows in found.items()}
    return {name: table.assign(seed=table["seed"].astype("Int64")) for name, table in tables.items()}


@pytest.fixture(scope="session")
def judgement_of():
    return make_judgement


class Page(HTMLParser):
    """A page as a reader meets it: sections, headings, words, and what it would load."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.source = path.read_text(encoding="utf-8")
        self.elements, self.headings, self.texts = [], [], []
        self._open = []
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append([tag, ""])
        if tag == "section":
            self.texts.append([dict(attrs)["id"], ""])

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass
        if self.texts and tag in ("td", "th", "p", "li"):
            self.texts[-1][1] += " "

    def handle_data(self, data):
        if self._open and self._open[-1] in ("h1", "h2", "h3"):
            self.headings[-1][1] += data
        if self.texts and not {"script", "style"} & set(self._open):
            self.texts[-1][1] += data

    @property
    def sections(self):
        """Words of each section, in order."""
        return {name: " ".join(words.split()) for name, words in self.texts}

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def data(self):
        """What the page's script reads."""
        return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', self.source)[1])


@pytest.fixture(scope="session")
def open_page():
    return Page


@pytest.fixture(scope="session")
def judgement_page(tmp_path_factory):
    """Write the page of a made-up judgement and read it."""

    def write(judgement=None, **kwargs):
        path = tmp_path_factory.mktemp("judged") / "judgement.html"
        write_judgement_page(
            judgement or make_judgement(**kwargs),
            path,
            title="Judgement of predictions.csv",
            source="predictions.csv",
            options=EvaluationOptions(),
            limits={"SBP": (75.0, 165.0), "DBP": (40.0, 80.0)},
        )
        return Page(path)

    return write


@pytest.fixture(scope="session")
def page(judgement_page):
    return judgement_page()
