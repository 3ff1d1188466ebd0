"""Contents of a study's report, read from the files that the workflow names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from cuffless.errors import CufflessError

MANY = ("audits", "leaks", "personal_audits", "external_audits", "camera_audit", "figures", "runs", "benchmarks")
"""Keys that take one file or several."""


class ReportError(CufflessError):
    """A report cannot be written; the message names the key or file and the remedy."""


STAGE_COLUMNS = ("stage", "jobs", "seconds", "cpu_seconds", "max_mb")


@dataclass(frozen=True)
class StudyReport:
    """Contents of the report; None or empty for what the study does not have.

    Attributes
    ----------
    quality, camera_quality : DataFrame or None
        One row per record or recording: windows cut, kept, rejected by rule.
    overall : DataFrame or None
        Errors of the splits' networks, as from `cuffless.judgement.measures.errors.mae_tables`.
    skill, standards, intervals, events, dependence : DataFrame or None
        Of a judgement of the study's predictions; see `cuffless.judgement`.
    table1, table2 : DataFrame or None
        As from `cuffless.judgement.paper_tables.build_table`.
    personal_skill, camera_skill : DataFrame or None
        Errors and skill of personalization and of the camera branch.
    leakage, confounding : DataFrame or None
        Doses: ``dose`` (a split), ``network, pressure, average, mae, lower, upper, n_subjects, n_windows``; of the
        latter also ``confounding``, the strength.
    external : DataFrame or None
        Skill of networks by the data sets that they were trained and tested on; see `cuffless.judgement.transfer`.
    examples : DataFrame or None
        Signals of windows that were kept or rejected; see `cuffless.report.study.examples`.
    camera_people : DataFrame or None
        ``subject`` of each window from videos, and ``age, sex`` where they are known.
    audits, personal_audits, external_audits : dict of str to dict
        By split, by protocol, and by data sets (``a to b``).
    camera_audit : dict or None
        Of the folds of the camera branch.
    leaks : dict of str to DataFrame
        All kinds of leak by split, as from `cuffless.designs.audit.tabulate_leaks`.
    figures : dict of str to bytes
        PNG files by name.
    runs : list of dict
        ``split, network, seed`` and the run file of each training.
    stages : DataFrame
        ``stage, jobs, seconds, cpu_seconds, max_mb``: by rule.
    about : dict
        Whose recordings they are, and by which configuration; see `cuffless.report.study.about.describe_study`.
    """

    quality: pd.DataFrame | None = None
    camera_quality: pd.DataFrame | None = None
    overall: pd.DataFrame | None = None
    skill: pd.DataFrame | None = None
    standards: pd.DataFrame | None = None
    intervals: pd.DataFrame | None = None
    events: pd.DataFrame | None = None
    dependence: pd.DataFrame | None = None
    table1: pd.DataFrame | None = None
    table2: pd.DataFrame | None = None
    personal_skill: pd.DataFrame | None = None
    camera_skill: pd.DataFrame | None = None
    leakage: pd.DataFrame | None = None
    confounding: pd.DataFrame | None = None
    external: pd.DataFrame | None = None
    examples: pd.DataFrame | None = None
    camera_people: pd.DataFrame | None = None
    audits: dict[str, dict] = field(default_factory=dict)
    personal_audits: dict[str, dict] = field(default_factory=dict)
    external_audits: dict[str, dict] = field(default_factory=dict)
    camera_audit: dict | None = None
    leaks: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: dict[str, bytes] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    stages: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(STAGE_COLUMNS)))
    about: Mapping[str, Any] = field(default_factory=dict)


TABLES = tuple(one.name for one in fields(StudyReport) if one.type == pd.DataFrame | None)
"""Keys whose file is one table."""
_OF_PEOPLE, _NAMES = ("subject", "age", "sex"), ("subject", "record")


def collect_report(
    files: Mapping[str, str | Path | Sequence[str | Path]], about: Mapping[str, Any] | None = None
) -> StudyReport:
    """Read a study's files.

    Parameters
    ----------
    files : mapping of str to path or paths
        Any of: `TABLES` (one CSV each; of ``camera_people`` Parquet); ``audits`` (``SPLIT.audit.json``), ``leaks``
        (``SPLIT.leaks.csv``), ``personal_audits`` (``PROTOCOL/audit.json``), ``external_audits``, ``camera_audit``;
        ``figures`` (PNG); ``runs`` (``.../SPLIT/NETWORK/seedN/run.json``); ``benchmarks`` (Snakemake's TSV files,
        ``logs/DATASET/RULE.tsv`` or ``logs/DATASET/RULE/...tsv``). An empty list counts as absent.
    about : mapping, optional
        As from `cuffless.report.study.about.describe_study`.

    Returns
    -------
    StudyReport

    Raises
    ------
    ReportError
        If a key is unknown, or a file is absent or cannot be read.
    """
    unknown = sorted(set(files) - {*TABLES, *MANY})
    if unknown:
        raise ReportError(f"unknown part of a report: {unknown[0]!r}; known are {', '.join((*TABLES, *MANY))}")
    paths = {key: _paths(value) for key, value in files.items()}
    for key, several in paths.items():
        if key in TABLES and len(several) > 1:
            raise ReportError(f"{key}: one table is expected, not {len(several)}: {', '.join(map(str, several))}")
        for path in several:
            if not path.is_file():
                raise ReportError(f"{key}: {path} does not exist; let the workflow write it, or leave {key} out")
    tables = {key: _read_table(paths[key][0]) for key in TABLES if paths.get(key)}
    between = [_read_json(path) for path in paths.get("external_audits", ())]
    camera = [_read_json(path) for path in paths.get("camera_audit", ())]
    return StudyReport(
        **tables,
        audits={path.name.removesuffix(".audit.json"): _read_json(path) for path in paths.get("audits", ())},
        personal_audits={path.parent.name: _read_json(path) for path in paths.get("personal_audits", ())},
        external_audits={f"{audit['trained_on']} to {audit['tested_on']}": audit for audit in between},
        camera_audit=camera[0] if camera else None,
        leaks={path.name.removesuffix(".leaks.csv"): _read_table(path) for path in paths.get("leaks", ())},
        figures={path.stem: path.read_bytes() for path in paths.get("figures", ())},
        runs=[_read_run(path) for path in paths.get("runs", ())],
        stages=_read_benchmarks(paths.get("benchmarks", ())),
        about=about or {},
    )


def _paths(value: str | Path | Sequence[str | Path]) -> list[Path]:
    return [Path(value)] if isinstance(value, str | Path) else [Path(path) for path in value]


def _read_table(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return _read_people(path)
        # Subjects may be called NA, or 1 and 01.
        return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(_NAMES, str))
    except (ValueError, OSError) as error:
        raise ReportError(f"{path} cannot be read as a table: {error}; let the workflow write it again") from error


def _read_people(path: Path) -> pd.DataFrame:
    """What an index of windows has of people; it may have millions of rows and many columns."""
    import pyarrow.parquet

    known = pyarrow.parquet.read_schema(path).names
    return pd.read_parquet(path, columns=[name for name in _OF_PEOPLE if name in known]).drop_duplicates()


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ReportError(f"{path} cannot be read as JSON: {error}; let the workflow write it again") from error


def _read_run(path: Path) -> dict[str, Any]:
    *_, split, network, seed, _ = path.parts
    return {**_read_json(path), "split": split, "network": network, "seed": seed.removeprefix("seed")}


def _read_benchmarks(paths: Sequence[Path]) -> pd.DataFrame:
    """Wall time, CPU time, and the most memory of one job, by rule."""
    if not paths:
        return pd.DataFrame(columns=list(STAGE_COLUMNS))
    parts = []
    for path in paths:
        jobs = pd.read_csv(path, sep="\t", na_values=["-", "NA"])
        parts.append(jobs.reindex(columns=["s", "cpu_time", "max_rss"]).assign(stage=_rule(path)))
    jobs = pd.concat(parts, ignore_index=True)
    found = jobs.groupby("stage").agg(
        jobs=("s", "size"), seconds=("s", "sum"), cpu_seconds=("cpu_time", "sum"), max_mb=("max_rss", "max")
    )
    return found.sort_values("seconds", ascending=False).reset_index()


def _rule(path: Path) -> str:
    """The rule that a benchmark file belongs to: logs/DATASET/RULE.tsv or logs/DATASET/RULE/..."""
    at = [i for i, part in enumerate(path.parts) if part == "logs"]
    below = path.parts[at[-1] + 2 :] if at else ()
    return Path(below[0]).stem if below else path.stem
