"""Commands and their options; each is carried out in its own module, imported when called."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cuffless import __version__
from cuffless.cli.camera import manifest, pulse
from cuffless.cli.parameters import Abp, Columns, Fs, Invert, Json, Memory, Ppg, Rows, Signal
from cuffless.demands import MEMORY_GB

app = typer.Typer(
    name="cuffless",
    help="Blood pressure from PPG or video: inspect recordings, predict from your own signals, judge predictions.",
    epilog="Exit status: 0 done, 1 nothing usable in the recording (the reason is printed), 2 wrong usage, 70 a bug in "
    "cuffless (the message names a file with the details).",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    rich_markup_mode=None,  # boxes would make the longest page higher than a terminal
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"cuffless {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("-V", "--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Blood pressure from PPG: inspect recordings, predict from your own signals."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(short_help="Look into a recording: which windows are kept, and why the others are not.")
def inspect(
    record: Signal,
    fs: Fs = None,
    columns: Columns = "",
    rows: Rows = False,
    ppg: Ppg = "",
    abp: Abp = "",
    limits: Annotated[
        str,
        typer.Option(
            "--limits",
            metavar="LIMITS",
            help="Accepted pressures: `paper` (75-165 / 40-80 mmHg), `code` (40-200 / 40-120 mmHg), or a "
            "configuration file, whose windows and channel names are used.",
        ),
    ] = "paper",
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Plot signals, beats and windows (.png, .pdf, .svg).")
    ] = None,
    windows: Annotated[
        Path | None, typer.Option("--windows", metavar="FILE", help="Write the kept windows (.csv).")
    ] = None,
    invert: Invert = False,
    as_json: Json = False,
) -> None:
    """Inspect a recording of PPG, with or without arterial pressure: windows kept, and why the others are rejected."""
    from cuffless.cli.inspection import InspectCall, run_inspect

    call = InspectCall(record, fs, columns, rows, ppg, abp, limits, plot, windows, invert, as_json)
    raise typer.Exit(run_inspect(call))


@app.command(short_help="Predict SBP and DBP from PPG alone.")
def predict(
    signal: Signal,
    model: Annotated[Path, typer.Option("--model", metavar="FILE", help="A trained network (model.keras).")],
    fs: Fs = None,
    columns: Columns = "",
    rows: Rows = False,
    ppg: Ppg = "",
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Configuration with channel names, custom networks, and the windows of a model that has none.",
        ),
    ] = None,
    network: Annotated[
        str,
        typer.Option(
            "--network",
            metavar="MODULE:FUNCTION",
            help="A custom network; its module is imported if the model needs its layers.",
        ),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write the table to this file (.csv), not to the screen."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Plot PPG and predictions (.png, .pdf, .svg).")
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            "--calibrate",
            metavar="CSV",
            help="Cuff values of the same person: columns time (s from the start of the signal), sbp, dbp (mmHg).",
        ),
    ] = None,
    by: Annotated[
        Literal["tuning", "offset"] | None,
        typer.Option(
            "--by",
            help="How cuff values are used: fine-tune the network (as in personalization, with the options of "
            "--config; default), or only correct its mean error.",
        ),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(
            "--within",
            metavar="SECONDS",
            help="A cuff value labels accepted windows within this time before and after it; default 30.",
            min=1,
        ),
    ] = None,
    invert: Invert = False,
    backend: Annotated[
        Literal["tensorflow", "jax"] | None,
        typer.Option(
            "--backend", help="What runs the network; default: that of --config (training.backend), else tensorflow."
        ),
    ] = None,
    all_windows: Annotated[
        bool, typer.Option("--all", help="Show all windows on a terminal, not just the first 20.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Predict SBP and DBP from PPG alone, one row per window."""
    from cuffless.cli.prediction import PredictCall, run_predict

    call = PredictCall(
        signal,
        model,
        fs=fs,
        columns=columns,
        rows=rows,
        ppg=ppg,
        config=config,
        network=network,
        output=output,
        plot=plot,
        calibrate=calibrate,
        by=by,
        within=within,
        invert=invert,
        backend=backend,
        all_windows=all_windows,
        as_json=as_json,
    )
    raise typer.Exit(run_predict(call))


@app.command(short_help="Estimate what a study needs: hours of signal, GB, jobs.")
def plan(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="The study's configuration.")] = Path("config.yaml"),
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", metavar="N", help="Simultaneous jobs, as given to snakemake; default: number of cores.", min=1
        ),
    ] = None,
    windows_per_second: Annotated[
        float | None,
        typer.Option(
            "--windows-per-second",
            metavar="RATE",
            help="Training windows per second on your GPU, needed to estimate training hours.",
            min=1e-6,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Estimate what a study needs: hours of signal, GB, jobs, and whether it fits on the disk."""
    from cuffless.cli.planning import run_plan

    raise typer.Exit(run_plan(config, jobs, windows_per_second, as_json))


app.command(short_help="Measure the pulse rate in a video of skin, or in its colours over time.")(pulse)
app.command(short_help="Make a manifest of face videos from a data set's own table.")(manifest)


@app.command(name="judge", short_help="Judge any table of predictions against simple baselines, on one page.")
def judge_predictions(
    predictions: Annotated[
        list[Path],
        typer.Argument(metavar="PREDICTIONS", help="Tables of predictions, one row per window (.csv, .parquet)."),
    ],
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Output folder for the page, tables and figures.")
    ],
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME=THEIRS", help="Name of a column in your tables; repeat for more."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="NAME", help="Ignore a column, e.g. age; repeat for more."),
    ] = None,
    sex: Annotated[
        str,
        typer.Option(
            "--sex", metavar="f=VALUE,m=VALUE", help="Values of the column sex if they are codes, e.g. f=0,m=1."
        ),
    ] = "",
    network: Annotated[
        str, typer.Option("--network", metavar="NAME", help="Name of the predictor, if there is no column for it.")
    ] = "predictor",
    unit: Annotated[Literal["mmhg", "kpa", "cmhg"], typer.Option("--unit", help="Unit of the pressures.")] = "mmhg",
    limits: Annotated[
        Literal["none", "paper", "code"],
        typer.Option("--limits", help="Pressures accepted in the study: paper 75-165 / 40-80, code 40-200 / 40-120."),
    ] = "none",
    confidence: Annotated[
        float,
        typer.Option("--confidence", metavar="SHARE", help="Confidence level of the intervals.", min=0.5, max=0.999),
    ] = 0.95,
    bootstrap: Annotated[
        int,
        typer.Option(
            "--bootstrap", metavar="DRAWS", help="Bootstrap samples of subjects, 400 or more at 95 %.", max=100_000
        ),
    ] = 2000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the bootstrap.", min=0)] = 0,
    level: Annotated[
        float | None,
        typer.Option(
            "--level",
            metavar="SHARE",
            help="Share of windows that the predictions' own intervals should hold, 0.9 if no file states it.",
            min=0.01,
            max=0.999,
        ),
    ] = None,
    memory_gb: Memory = MEMORY_GB,
    as_json: Json = False,
) -> None:
    """Judge any predictor against simple baselines: skill, errors, agreement, standards, leaks; on one page."""
    from cuffless.cli.judging import JudgeCall, run_judge

    call = JudgeCall(
        predictions,
        output,
        columns=column or (),
        without=without or (),
        sex=sex,
        network=network,
        unit=unit,
        limits=limits,
        confidence=confidence,
        bootstrap=bootstrap,
        seed=seed,
        level=level,
        as_json=as_json,
        memory_gb=memory_gb,
    )
    raise typer.Exit(run_judge(call))
