"""`cuffless plan`: what a study will need, before it runs.

Keys of ``--json``:

- ``config``, ``dataset``, ``source``
- ``basis`` of the estimates (``records.csv``, ``simulator``, ``published``, ``unknown``), and a ``note`` on them
- ``records``, ``unusable``, ``subjects``, ``hours`` with both signals, ``download_gb``; null if unknown
- ``windowings {name: samples, window_seconds, windows, basis ("cut" or "at most"), gb}``
- ``splits {name: train, val, test (windows; of each fold), folds (1: none), gb (of all folds), passing_gb}``
- ``training {runs, windows_at_most, windows_by_network, hours_at_most}``, the last null without a rate
- ``cpu_hours {simulating, windowing, materializing}``
- ``jobs {rule: n, total}``
- ``stores {recordings, windows, splits, training: gb, passing_gb}``
- ``disks [{folders, peak_gb, there_gb, needed_gb, free_gb, reserve_gb, fits}]``, ``fits``, ``remedies``

GB are 10^9 bytes; ``passing`` is needed temporarily in addition.
"""

import os
import sys
from pathlib import Path

from cuffless.camera.pulse.custom import MethodError
from cuffless.cli.answers import escape_markup, exit_status, print_json
from cuffless.config import ConfigError, StudyConfig, load_config
from cuffless.errors import plural
from cuffless.figures.registry import figures_of
from cuffless.planning import make_plan
from cuffless.records import RecordError

_STAGES = {
    "records": ("simulate_records", "fetch_index", "list_records", "fetch_records"),
    "windows": ("cut_windows", "join_windows", "join_quality"),
    "splits": ("sample_split", "materialize_split", "join_folds"),
    "training": ("train_network", "join_predictions"),
}


@exit_status(ConfigError, MethodError)
def run_plan(config: Path, jobs: int | None, windows_per_second: float | None, as_json: bool) -> str:
    """Run the command; its exit status follows from the reason that it returns."""
    jobs = jobs or os.cpu_count() or 1
    try:
        study = load_config(config)
        plan = make_plan(study, figures=len(figures_of(study)), jobs=jobs, windows_per_second=windows_per_second)
    except RecordError as error:
        return str(error)
    plan = {"config": str(config), **plan, "remedies": _remedies(study, plan, jobs)}
    print_json(plan) if as_json else _print_plan(plan, config)
    return ""


def _remedies(study: StudyConfig, plan: dict, jobs: int) -> list[str]:
    """Remedies if a disk is too small; only those that make a difference."""
    if plan["fits"]:
        return []
    dataset = study.datasets[plan["dataset"]]
    peak = sum(store["gb"] + store["passing_gb"] for store in plan["stores"].values())
    worth = {name: store["gb"] + store["passing_gb"] > 0.1 * peak for name, store in plan["stores"].items()}
    found = []
    if dataset.records.source == "physionet":
        if dataset.records.download.keep_raw and worth["recordings"]:
            left = make_plan(_without_keep_raw(study, plan["dataset"]), figures=len(figures_of(study)), jobs=jobs)
            peak = sum(disk["peak_gb"] for disk in left["disks"])
            verdict = "" if left["fits"] else ", still too much"
            found.append(f"records.download.keep_raw: false, which lowers the peak to {_amount(peak)} GB{verdict}")
        if worth["recordings"]:
            found.append("records.download.cache on a larger disk")
    fewer = "fewer simulator.subjects or minutes" if dataset.records.source == "simulator" else "fewer records"
    found.append(f"{fewer} (records.include, records.record_list)" if fewer == "fewer records" else fewer)
    if worth["splits"]:
        found.append("smaller splits.windows or splits.cap")
    if sum(store["passing_gb"] for store in plan["stores"].values()) > 0.1 * peak:
        found.append("fewer jobs at once (--jobs)")
    return [*found, "the study on a larger disk"]


def _without_keep_raw(study: StudyConfig, dataset: str) -> StudyConfig:
    """The same study, with signal files deleted after cutting."""
    block = study.datasets[dataset]
    download = block.records.download.model_copy(update={"keep_raw": False})
    records = block.records.model_copy(update={"download": download})
    datasets = {**study.datasets, dataset: block.model_copy(update={"records": records})}
    return study.model_copy(update={"datasets": datasets})


def _print_plan(plan: dict, config: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    # In a pipe the width is unknown, and rich assumes 80.
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)
    console.print(
        f"[bold]{escape_markup(config, 2000)}[/]: data set {plan['dataset']}, source {escape_markup(plan['source'])}"
    )
    table = Table("stage", "jobs", "what", "GB", "CPU h", box=None)
    for column in (1, 3, 4):
        table.columns[column].justify = "right"
    for row in _rows(plan):
        table.add_row(*row)
    console.print(table)
    for sentence in _sentences(plan):
        console.print(escape_markup(sentence, 2000))
    for warning in _warnings(plan):
        console.print(f"[bold red]{escape_markup(warning, 2000)}[/]")


def _rows(plan: dict) -> list[tuple[str, ...]]:
    stages = {stage: sum(plan["jobs"].get(rule, 0) for rule in rules) for stage, rules in _STAGES.items()}
    stages["judgement, figures"] = plan["jobs"]["total"] - sum(stages.values())
    simulated, download = plan["source"] == "simulator", plan["download_gb"]
    sizes = {name: store["gb"] for name, store in plan["stores"].items()}
    cpu = plan["cpu_hours"]
    windows = [_windows(name, one) for name, one in plan["windowings"].items()]
    splits = [
        f"{name}: {one['train']:,} / {one['val']:,} / {one['test']:,} windows"
        + (f" in each of {one['folds']} folds" if one["folds"] > 1 else "")
        for name, one in plan["splits"].items()
    ]
    held = sizes.get("recordings")
    fetched = "" if simulated or not download else f"; {_amount(download)} GB to fetch"
    shown = {
        "records": (_records(plan) + fetched, held, cpu["simulating"] if simulated else None),
        "windows": ("\n".join(windows), None if windows == ["unknown"] else sizes["windows"], cpu["windowing"]),
        "splits": ("\n".join(splits), sizes["splits"], cpu["materializing"]),
        "training": (_training(plan["training"]), sizes["training"], None),
        "judgement, figures": ("", None, None),
    }
    rows = [
        (stage, f"{stages[stage]:,}", what, _amount(size), _amount(hours))
        for stage, (what, size, hours) in shown.items()
    ]
    total = sum(size for size in sizes.values())
    return [*rows, ("total", f"{plan['jobs']['total']:,}", "", _amount(total), "")]


def _records(plan: dict) -> str:
    if plan["hours"] is None:
        return "unknown"
    about = "about " if plan["basis"] == "published" else ""
    unusable = f" ({plan['unusable']:,} more cannot be used)" if plan["unusable"] else ""
    records = f"{plural(plan['records'], 'record')}{unusable} of {plural(plan['subjects'], 'subject')}"
    return f"{records}, {about}{_amount(plan['hours'])} hours with both signals"


def _windows(name: str, one: dict) -> str:
    if one["windows"] is None:
        return "unknown"
    at_most = "at most " if one["basis"] == "at most" else ""
    return f"{name}: {at_most}{plural(one['windows'], 'window')} of {one['samples']}"


def _training(training: dict) -> str:
    runs = plural(training["runs"], "run")
    if not training["windows_at_most"]:
        return runs
    text = f"{runs}, at most {_amount(training['windows_at_most'])} windows over all epochs"
    hours = training["hours_at_most"]
    return text if hours is None else f"{text}, {_amount(hours)} h one after the other"


def _amount(value: float | None) -> str:
    """A readable number with three digits and thousands separators; empty if unknown."""
    if value is None:
        return ""
    for unit, size in (("billion", 1e9), ("million", 1e6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{float(f'{value:.3g}'):,.10g}" if value >= 0.001 else ("0" if value == 0 else "< 0.001")


def _sentences(plan: dict) -> list[str]:
    found = []
    if plan["note"]:
        found.append(f"Note: {plan['note']}.")
    if plan["basis"] in ("published", "unknown"):
        headers = ", from headers alone" if plan["source"] == "physionet" else ""
        found.append(
            "For exact figures make the table of records"
            f"{headers}: snakemake --cores 2 --configfile {plan['config']} -- records"
        )
    if plan["training"]["hours_at_most"] is None and plan["training"]["windows_at_most"]:
        found.append("Training time depends on the GPU; give --windows-per-second for an estimate.")
    for disk in plan["disks"]:
        there = f" ({_amount(disk['there_gb'])} GB already there)" if disk["there_gb"] >= 0.001 else ""
        found.append(
            f"Disk of {', '.join(disk['folders'])}: {_amount(disk['peak_gb'])} GB at the peak{there}, "
            f"{_amount(disk['free_gb'])} GB free."
        )
    return found


def _warnings(plan: dict) -> list[str]:
    warnings = []
    guessed = sum(one["gb"] or 0 for one in plan["windowings"].values() if one["basis"] == "at most")
    for disk in plan["disks"]:
        if disk["fits"]:
            continue
        might = disk["needed_gb"] - guessed + disk["reserve_gb"] <= disk["free_gb"]
        warnings.append(
            f"WARNING: it {'may not fit, if all windows are kept' if might else 'will not fit'}: "
            f"{_amount(disk['needed_gb'])} GB more are needed on the disk of {', '.join(disk['folders'])}, "
            f"{disk['reserve_gb']:g} GB are kept in reserve, and {_amount(disk['free_gb'])} GB are free."
        )
    return [*warnings, f"Remedies: {'; '.join(plan['remedies'])}."] if warnings else []
