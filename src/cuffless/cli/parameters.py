"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Signal = Annotated[
    Path,
    typer.Argument(
        metavar="RECORD",
        help="WFDB record (path without extension), text file (.csv, .txt, .tsv, .gz), or .vital, .edf, .bdf, .npy, "
        ".mat, .h5 (file.mat#3 for one of several recordings).",
    ),
]
Fs = Annotated[
    float | None,
    typer.Option(
        "--fs", metavar="HZ", help="Sampling rate of a text file in Hz, if the file does not give it.", min=40, max=5000
    ),
]
Columns = Annotated[
    str,
    typer.Option("--columns", metavar="NAMES", help="Names of a text file's columns in order, e.g. ppg,abp,ecg."),
]
Rows = Annotated[bool, typer.Option("--rows", help="The text file holds one signal per row (named by --columns).")]
Ppg = Annotated[
    str,
    typer.Option("--ppg", metavar="NAME", help="Channel or column to use as PPG; PLETH#2: the second named PLETH."),
]
Abp = Annotated[
    str, typer.Option("--abp", metavar="NAME", help="Channel or column to use as arterial pressure; see --ppg.")
]
Invert = Annotated[
    bool, typer.Option("--invert", help="Invert the PPG, if it is recorded upside down (light that falls at systole).")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Memory = Annotated[
    float, typer.Option("--memory-gb", metavar="GB", help="Most memory that a file may need.", min=0.001)
]
