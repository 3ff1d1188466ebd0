"""A trained network's card: description, training data, errors, and uses that it is not for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.config.arms import PEOPLE, People
from cuffless.files import whole_file
from cuffless.identities import all_named
from cuffless.judgement.measures.errors import mae_tables
from cuffless.judgement.names import MEAN, PRESSURES
from cuffless.judgement.table.predictions import align_predictions
from cuffless.report.page import render_text
from cuffless.report.sentences import DOING_NOTHING, Sentence, skill_sentence
from cuffless.report.wording import count, counted, network_name, number, plural, with_limits

_REFERENCE, _PREDICTION = ["sbp_ref", "dbp_ref"], ["sbp", "dbp"]
_SETS = {"train": "training", "val": "validation", "test": "test"}
_CONTRACT = (
    "length",
    "samples_per_beat",
    "cropping",
    "overlap",
    "band",
    "sbp_range",
    "dbp_range",
    "hr_range",
    "snr_db",
)


def write_card(
    run: Mapping[str, Any],
    history: pd.DataFrame,
    predictions: pd.DataFrame,
    audit: Mapping[str, Any],
    path: str | Path,
    *,
    dataset: str,
    people: People,
    source: str = "",
    windows: Mapping[str, Any] | None = None,
    options: EvaluationOptions | None = None,
) -> None:
    """Write a model card in Markdown.

    Parameters
    ----------
    run : mapping
        The run file of the training (``run.json``).
    history : DataFrame
        ``epoch, val_mae`` (mmHg) of each epoch.
    predictions : DataFrame
        The prediction table of the training: all windows of the split, predictions on its test windows.
    audit : mapping
        The split's audit: ``kind, leaks, sets, notes``.
    path : str or Path
    dataset : str
        Name of the data set.
    people : str
        Whether the people are simulated or real; a key of `cuffless.config.arms.PEOPLE`.
    source : str
        Where its records come from.
    windows : mapping, optional
        Options of the windowing.
    options : EvaluationOptions, optional
        Of the intervals.

    Raises
    ------
    PredictionError
        If no test window was predicted.
    OSError
        If the card cannot be written.
    """
    options = options or EvaluationOptions()
    table = _errors(predictions, options)
    first = predictions.iloc[0]
    own = table[table["network"] != MEAN] if first["network"] != MEAN else table
    sets, simulated = audit.get("sets", {}), people == "simulated"
    card = render_text(
        "model_card.md.j2",
        name=f"{network_name(first['network'])}, {dataset}, split {first['split']}, seed {run['seed']}",
        what=f"{_what(run)} {_whose(predictions, audit, people)}",
        sentences=_sentences(own, table, options),
        caveat=_caveat(predictions),
        tested=f"{plural(own['n_windows'].iloc[0], 'window')} of {plural(own['n_subjects'].iloc[0], 'subject')}.",
        confidence=options.confidence,
        errors=[_error_row(own, table, pressure) for pressure in PRESSURES],
        sets=[_set_row(name, part) for name, part in sets.items()],
        dataset=dataset,
        split=first["split"],
        kind=audit.get("kind", "unknown"),
        simulated="The people are simulated." if simulated else f"Records from: {source or 'unknown'}.",
        on_simulated=simulated,
        leaks=_leaks(audit),
        notes=[*(f"WARNING: {text}" for text in audit.get("warnings", ())), *audit.get("notes", ())],
        contract=_contract(run, windows),
        intervals=_intervals(run),
        windowing={key: _plain(windows[key]) for key in _CONTRACT if key in windows} if windows else {},
        facts=_facts(run, history),
        options=_flat(run.get("options", {})),
    )
    with whole_file(path) as part:
        part.write_text(card, encoding="utf-8", newline="\n")


def _errors(predictions: pd.DataFrame, options: EvaluationOptions) -> pd.DataFrame:
    """Errors of the network and of the mean of its training windows, on the same test windows; by subject."""
    test = predictions[(predictions["subset"] == "test") & predictions[_PREDICTION].notna().all(axis=1)]
    training = predictions.loc[predictions["subset"] == "train", _REFERENCE].mean()
    tables = [test]
    if test["network"].iloc[:1].ne(MEAN).all():
        constant = dict(zip(_PREDICTION, training, strict=True))
        tables.append(test.assign(network=MEAN, **constant))
    [judged] = align_predictions(pd.concat(tables, ignore_index=True)).values()
    overall = mae_tables(judged, options)[1]
    return overall[overall["average"] == "subject"]


def _what(run: Mapping[str, Any]) -> str:
    options = run.get("options", {})
    architecture = str(options.get("architecture", "unknown"))
    size = f"{plural(run.get('parameters') or 0, 'weight')}"
    if architecture == MEAN:
        return "Always predicts the mean pressures of its training windows; every network is compared with it."
    return f"A network ({network_name(architecture)}, {size}) that predicts blood pressure from a window of PPG."


def _whose(predictions: pd.DataFrame, audit: Mapping[str, Any], people: People) -> str:
    """Whose windows the sets hold, in words."""
    n = predictions["subject"].nunique()
    if all_named(audit.get("identity", ())):
        return f"Trained and tested on {counted(n, PEOPLE[people])}."
    return f"Trained and tested on {plural(n, 'subject')}: {PEOPLE[people]}, not all of them named."


def _sentences(own: pd.DataFrame, table: pd.DataFrame, options: EvaluationOptions) -> list[Sentence]:
    sentences = []
    for pressure in PRESSURES:
        [row] = own[own["pressure"] == pressure].to_dict("records")
        mean = table[(table["network"] == MEAN) & (table["pressure"] == pressure)]["mae"].iloc[0]
        limits = {"lower": row["skill_lower"], "upper": row["skill_upper"]}
        own_row = row | limits | {"baseline": DOING_NOTHING, "baseline_mae": mean, "reason": ""}
        sentences.append(skill_sentence(pd.DataFrame([own_row]), options.confidence))
    return sentences


def _caveat(predictions: pd.DataFrame) -> str:
    """Whether the people of the test windows were in training."""
    known = set(predictions.loc[predictions["subset"] != "test", "subject"])
    shared = len(known & set(predictions.loc[predictions["subset"] == "test", "subject"]))
    if shared:
        return (
            f"**{plural(shared, 'subject')} of the test set were in training, too: these errors hold for people whom "
            "the network knows, not for new ones.**"
        )
    return "No subject of the test set was in training: these are people whom the network has never seen."


def _error_row(own: pd.DataFrame, table: pd.DataFrame, pressure: str) -> dict[str, str]:
    row = next(own[own["pressure"] == pressure].itertuples())
    mean = next(table[(table["network"] == MEAN) & (table["pressure"] == pressure)].itertuples())
    return {
        "pressure": pressure,
        "mae": with_limits(row.mae, row.lower, row.upper),
        "mean": with_limits(mean.mae, mean.lower, mean.upper),
        "me": number(row.me, 1, signed=True),
        "sd": number(row.sd),
    }


def _set_row(name: str, part: Mapping[str, Any]) -> dict[str, str]:
    def span(of: Mapping[str, float]) -> str:
        return f"{number(of['median'], 0)} ({number(of['p5'], 0)} to {number(of['p95'], 0)})"

    return {
        "set": _SETS.get(name, name),
        "windows": count(part["windows"]),
        "subjects": count(part["subjects"]),
        "sbp": span(part["sbp"]) if "sbp" in part else "",
        "dbp": span(part["dbp"]) if "dbp" in part else "",
    }


def _leaks(audit: Mapping[str, Any]) -> str:
    found = [
        f"{kind.replace('_', ' ')} ({leak['count']:,}, {'by design' if leak.get('declared') else 'UNDECLARED'})"
        for kind, leak in audit.get("leaks", {}).items()
        if leak["count"]
    ]
    looked = ", ".join(kind.replace("_", " ") for kind in audit.get("leaks", {}))
    return "; ".join(found) if found else f"none found ({looked})" if looked else "not audited"


def _contract(run: Mapping[str, Any], windows: Mapping[str, Any] | None) -> str:
    length = run.get("windows", {}).get("length", "unknown")
    channels = "PPG and its first two derivatives" if run.get("options", {}).get("derivatives") else "PPG"
    text = f"Input: windows of {length} samples of {channels}, of zero mean and unit variance."
    if not windows:
        return text
    span, rate = windows["length"], windows["samples_per_beat"]
    long = f"{span} s long: {rate} samples a second"
    if windows.get("cropping") != "time":
        long = f"{span} heart beats long, resampled to {rate} samples a beat, whatever the pulse rate"
    return (
        f"{text} A window is {long}. `cuffless predict` cuts them from PPG of any sampling rate by the options below, "
        "which are saved in the model."
    )


def _intervals(run: Mapping[str, Any]) -> str:
    """Whose pressures the intervals of the predictions hold, and how wide they are."""
    intervals = run.get("intervals", {})
    if "holds" not in intervals:
        return f"Without intervals: {intervals.get('reason') or 'none were calibrated'}."
    if intervals["method"] == "plain" and run.get("options", {}).get("output", "pressures") == "pressures":
        width = " and ".join(f"± {number(value)} mmHg" for value in intervals["quantile"])
        return f"{intervals['holds']} They are the prediction {width} (SBP and DBP)."
    return f"{intervals['holds']} Each window has a width of its own."


def _facts(run: Mapping[str, Any], history: pd.DataFrame) -> dict[str, str]:
    hardware = run.get("hardware", {})
    facts = {
        "epochs": f"{count(run.get('epochs_run'))}, best {count(run.get('best_epoch'))}",
        "seed": str(run["seed"]),
        "backend": str(run.get("backend") or "unknown"),
        "commit": str(run.get("commit") or "unknown"),
        "seconds": f"{number(run.get('wall_seconds'))} ({number(run.get('cpu_seconds'))} CPU)",
        "CPU": f"{hardware.get('cpu', 'unknown')}, threads {hardware.get('threads', 'unknown')}",
        "GPU": ", ".join(hardware.get("gpus", ())) or "none",
    }
    if "val_mae" in history and np.isfinite(history["val_mae"]).any():
        facts["validation MAE, best epoch"] = f"{number(history['val_mae'].min())} mmHg"
    return facts | {name: str(value or "unknown") for name, value in run.get("versions", {}).items()}


def _flat(options: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Nested options by their dotted names."""
    found: dict[str, str] = {}
    for key, value in options.items():
        found |= _flat(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}": _plain(value)}
    return found


def _plain(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
