"""Commands and their options; what they do stands in modules of their own, imported when called."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="cuffless",
    help="Blood pressure from PPG: look into recordings, predict on your own signals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Signal = Annotated[Path, typer.Argument(help="WFDB record (path without extension) or CSV file, also .csv.gz.")]
Fs = Annotated[float | None, typer.Option("--fs", help="Sampling rate of a CSV in Hz.", min=10)]
Columns = Annotated[str, typer.Option("--columns", help="Names of a CSV's columns, e.g. ppg,abp,ecg.")]
Rows = Annotated[bool, typer.Option("--rows", help="The CSV holds one signal a row.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def main() -> None:
    """Blood pressure from PPG: look into recordings, predict on your own signals."""


@app.command()
def inspect(
    record: Signal,
    fs: Fs = None,
    columns: Columns = "",
    rows: Rows = False,
    limits: Annotated[
        str,
        typer.Option("--limits", help="`paper`, `code`, or a configuration file whose windows section counts."),
    ] = "paper",
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw signals, beats and windows (PNG, PDF).")] = None,
    windows: Annotated[Path | None, typer.Option("--windows", help="Write the kept windows as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """What a recording holds: windows kept, and why the others are not."""
    from cuffless.cli.inspection import run_inspect

    raise typer.Exit(run_inspect(record, fs, columns, rows, limits, plot, windows, as_json))


@app.command()
def predict(
    signal: Signal,
    model: Annotated[Path, typer.Option("--model", help="A trained network (model.keras).")],
    fs: Fs = None,
    columns: Columns = "",
    rows: Rows = False,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Configuration with the windows, for a model that holds none."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Write the table as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """Predict SBP and DBP from PPG alone: one row a window."""
    from cuffless.cli.prediction import run_predict

    raise typer.Exit(run_predict(signal, model, fs, columns, rows, config, output, as_json))
