"""The whole judgement of a table: figures of merit, skill against doing nothing, tests, screens, leaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.baseline_tables import compare_baselines, skill_table, subject_table
from cuffless.judgement.evidence.baselines import IN_SAMPLE, Baselines, make_baselines
from cuffless.judgement.intervals.judged import interval_notes, judge_intervals, known_people_note
from cuffless.judgement.leaks import leak_table, leak_warnings
from cuffless.judgement.measures.agreement import agreement_rows
from cuffless.judgement.measures.bins import bin_table
from cuffless.judgement.measures.dependence import dependence_table
from cuffless.judgement.measures.drift import since_rows
from cuffless.judgement.measures.events import event_table
from cuffless.judgement.measures.merit import merit_rows
from cuffless.judgement.names import BASELINES, MEAN, POPULATION_MEAN
from cuffless.judgement.standards import screen_standards
from cuffless.judgement.table.cases import Case, make_cases
from cuffless.judgement.table.predictions import WINDOW, JudgedSplit, JudgedTable
from cuffless.judgement.traces import pick_traces
from cuffless.judgement.warnings import constant_predictors, significance_warnings, skill_warnings


@dataclass(frozen=True)
class Judgement:
    """Tidy tables of a judgement; their columns are in docs/own_predictions.md. `notes` starts with the warnings."""

    cases: pd.DataFrame
    skill: pd.DataFrame
    merits: pd.DataFrame
    bins: pd.DataFrame
    agreement: pd.DataFrame
    drift: pd.DataFrame
    tests: pd.DataFrame
    standards: pd.DataFrame
    subjects: pd.DataFrame
    leaks: pd.DataFrame
    events: pd.DataFrame
    dependence: pd.DataFrame
    traces: pd.DataFrame
    intervals: pd.DataFrame
    interval_bins: pd.DataFrame
    risk: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables by name."""
        return {part.name: getattr(self, part.name) for part in fields(self) if part.name != "notes"}


def judge(
    table: JudgedTable,
    options: EvaluationOptions | None = None,
    *,
    limits: Mapping[str, tuple[float, float]] | None = None,
    cases: Sequence[Case] | None = None,
) -> Judgement:
    """Judge all predictors of a table.

    Parameters
    ----------
    table : JudgedTable
    options : EvaluationOptions, optional
    limits : mapping of pressure to (low, high), optional
        Pressures that the study accepted: bins start there, and a standard's range that they cut off is named.
    cases : sequence of Case, optional
        The table's cases, if they are known.

    Returns
    -------
    Judgement

    Raises
    ------
    PredictionError
        If predictors of one case were tested on different windows.
    """
    options = options or EvaluationOptions()
    parts: dict[str, list[pd.DataFrame]] = {part.name: [] for part in fields(Judgement)}
    notes = [*(f"WARNING: {text}" for text in table.warnings), *table.notes]
    for case in make_cases(table) if cases is None else cases:
        baselines = make_baselines(case)
        tables = _judge_case(case, baselines, options, limits)
        for name, rows in (tables | judge_intervals(case, baselines, table.level, options, limits)).items():
            parts[name].append(rows)
        notes += _case_notes(case, baselines) + known_people_note(case) + interval_notes(parts["intervals"][-1])
        for warning in reversed(leak_warnings(parts["leaks"][-1])):
            notes.insert(0, f"WARNING: {case.name}: {warning}")
        doubts = [*skill_warnings(parts["skill"][-1]), *significance_warnings(parts["tests"][-1])]
        for warning in reversed([*doubts, *constant_predictors(case)]):
            notes.insert(0, f"WARNING: {case.name}: {warning}")
    joined = {name: pd.concat(rows, ignore_index=True) for name, rows in parts.items() if rows and name != "notes"}
    if "seed" in table.missing:  # the one that was assumed is nobody's
        joined["cases"]["seeds"] = np.nan
    return Judgement(**joined, notes=list(dict.fromkeys(notes)))


def _judge_case(case: Case, baselines: Baselines, options, limits) -> dict[str, pd.DataFrame]:
    merits, agreement, drift, standards = [], [], [], []
    for network in case.judged.networks:
        seeds = case.judged.seeds(network)
        predicted = [case.predicted(network, seed) for seed in seeds]
        named = {"case": case.name, "network": network}
        merits.append(_with_columns(merit_rows(predicted, options), named))
        agreement.append(_with_columns(agreement_rows(predicted, options), named))
        if predicted[0].since is not None:
            drift.append(_with_columns(since_rows(predicted, options), named))
        for seed, one in zip(seeds, predicted, strict=True):
            standards.append(_with_columns(screen_standards(one, limits=limits), named | {"seed": seed}))
    return {
        "cases": _case_row(case, baselines),
        "skill": skill_table(case, baselines, options),
        "merits": pd.concat(merits, ignore_index=True),
        "agreement": pd.concat(agreement, ignore_index=True),
        "drift": pd.concat(drift, ignore_index=True)
        if drift
        else pd.DataFrame(columns=["case", "network", "pressure"]),
        "tests": compare_baselines(case, baselines, options),
        "bins": bin_table(_with_mean(case.judged, baselines), options, limits).rename(columns={"split": "case"}),
        "standards": pd.concat(standards, ignore_index=True),
        "subjects": subject_table(case, baselines),
        "leaks": leak_table(case),
        "events": event_table(case, baselines, options),
        "dependence": dependence_table(case.judged, options, calibrated=len(case.calibration) > 0),
        "traces": pick_traces(case, baselines),
    }


def _with_columns(rows: pd.DataFrame, columns: Mapping[str, object]) -> pd.DataFrame:
    for position, (name, value) in enumerate(columns.items()):
        rows.insert(position, name, value)
    return rows


def _with_mean(judged: JudgedSplit, baselines: Baselines) -> JudgedSplit:
    """The population mean among the networks, unless a network of that name is judged."""
    if MEAN in judged.networks or POPULATION_MEAN not in baselines.predicted:
        return judged
    predicted = {**judged.predicted, (MEAN, 0): baselines.predicted[POPULATION_MEAN]}
    return replace(judged, predicted=predicted, stated={})


def _case_row(case: Case, baselines: Baselines) -> pd.DataFrame:
    networks = case.judged.networks
    row = {
        "case": case.name,
        "split": case.split,
        "setting": case.setting,
        "networks": ", ".join(networks),
        "seeds": min(len(case.judged.seeds(network)) for network in networks),
        "n_subjects": len(case.judged.subjects),
        "n_windows": len(case.windows),
        "n_training_subjects": case.fitting["subject"].nunique(),
        "n_training_windows": len(case.fitting.drop_duplicates(WINDOW)),  # several folds may train on one
        "n_calibration": case.calibration.drop_duplicates(["subject", "record", "start"]).shape[0],
        "baselines_fitted_on": baselines.fitted_on,
        **{
            f"{p}_{name}": float(value)
            for p, column in zip(case.predictions, case.judged.reference.T, strict=True)
            for name, value in zip(("p5", "median", "p95"), np.percentile(column, (5, 50, 95)), strict=True)
        },
    }
    return pd.DataFrame([row])


def _case_notes(case: Case, baselines: Baselines) -> list[str]:
    """Notes on baselines that cannot be assessed, by reason, and on those that know only some windows."""
    reasons: dict[str, list[str]] = {}
    for name, why in baselines.absent.items():
        reasons.setdefault(why, []).append(BASELINES[name])
    notes = [f"{case.name}: not assessable: {', '.join(names)} ({why})" for why, names in reasons.items()]
    if baselines.fitted_on == IN_SAMPLE:
        lacking = "no training rows" if case.fitting.empty else "a fold has no training rows"
        notes.append(
            f"{case.name}: {lacking}: baselines that know people in general are fitted on the test subjects "
            "(in-sample), so that skill against them is slightly understated"
        )
    return notes + [
        f"{case.name}: {BASELINES[name]}: {why}; there it gives the population mean"
        for name, why in baselines.partly.items()
    ]
