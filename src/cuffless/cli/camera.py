"""Commands of the camera branch and their options."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cuffless.cli.parameters import Json, Memory
from cuffless.demands import MEMORY_GB


def pulse(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="VIDEO|TRACE",
            help="Video, numbered images (img_%05d.png), or colour traces: CSV with columns time,R,G,B, or npz.",
        ),
    ],
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            metavar="SECONDS",
            help="Length of a window; default: 30, or for a shorter recording what it has, from 8 on.",
            min=5,
            max=600,
        ),
    ] = None,
    rate_range: Annotated[
        tuple[float, float],
        typer.Option("--rate-range", metavar="LOW HIGH", help="Lowest and highest rate accepted, in bpm."),
    ] = (30, 220),
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            metavar="auto|pos|chrom|green|red|MODULE:FUNCTION",
            help="From colours to pulse wave. auto (default): POS, or the best single channel if one is saturated or "
            "dark. MODULE:FUNCTION: your own, from colours or frames. Repeat to compare methods in one table.",
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference", metavar="CSV", help="Contact PPG that starts with the video; the table gives differences."
        ),
    ] = None,
    reference_fs: Annotated[
        float | None,
        typer.Option("--reference-fs", metavar="HZ", help="Its sampling rate, if it has no times.", min=20, max=5000),
    ] = None,
    time_unit: Annotated[
        Literal["ms", "s", "us", "ns"] | None,
        typer.Option("--time-unit", help="Unit of a CSV's times; default: the one that fits."),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="NAME", help="Array of colours in an npz; default rgb.")
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option("--fps", metavar="HZ", help="Frames per second, overriding the file.", min=5, max=1000),
    ] = None,
    roi: Annotated[Path | None, typer.Option("--roi", metavar="FILE", help="Skin regions in a video (.json).")] = None,
    roi_mode: Annotated[
        Literal["auto", "file", "whole"] | None,
        typer.Option(
            "--roi-mode", help="Regions: detected in the face (auto), from --roi (file), or the whole frame (whole)."
        ),
    ] = None,
    timestamps: Annotated[
        Path | None, typer.Option("--timestamps", metavar="CSV", help="Times of a video's frames in s.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Plot regions, colours, pulse (.png, .pdf, .svg).")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="DIR",
            help="Output folder for a page (pulse.html: answer, frames, spectrum, why windows were rejected) and a "
            "table of the windows (windows.csv).",
        ),
    ] = None,
    no_frames: Annotated[
        bool, typer.Option("--no-frames", help="Leave pictures of the person filmed out of --output and --plot.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Print all windows; default: at most 20, evenly spread over the recording.")
    ] = False,
    memory_gb: Memory = MEMORY_GB,
    as_json: Json = False,
) -> None:
    """Pulse rate and SNR over time, from a video of skin or its colour traces: one window per second."""
    from cuffless.cli.methods import run_methods
    from cuffless.cli.pulse import METHODS, PulseCall, run_pulse
    from cuffless.plugins import resolve

    methods = [resolve("cuffless.methods", name, METHODS) for name in method or ["auto"]]
    call = PulseCall(
        source,
        seconds=seconds,
        rate_range=rate_range,
        method=methods[0],
        time_unit=time_unit,
        key=key,
        fps=fps,
        roi=roi,
        roi_mode=roi_mode,
        timestamps=timestamps,
        plot=plot,
        output=output,
        frames=not no_frames,
        as_json=as_json,
        every=every,
        memory_gb=memory_gb,
    )
    if len(methods) > 1 or reference is not None or reference_fs is not None:
        raise typer.Exit(run_methods(call, methods, reference, reference_fs))
    raise typer.Exit(run_pulse(call))


def manifest(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="DIR|TABLE",
            help="Folder of MCD-rPPG (with db.csv), or a table with one row per recording: subject, video, sbp, dbp.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="The manifest (.csv); its paths are relative to it.")
    ] = Path("videos.csv"),
    camera: Annotated[
        list[str] | None,
        typer.Option("--camera", metavar="NAME", help="Take recordings of this camera; repeat for more. Default: all."),
    ] = None,
    subjects: Annotated[
        int | None, typer.Option("--subjects", metavar="N", help="Take only the table's first N subjects.", min=1)
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME=THEIRS", help="Name of a column in your table; repeat for more."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a manifest of face videos with cuff values (videos.csv) from a data set's table, as of MCD-rPPG."""
    from cuffless.cli.manifest import ManifestCall, run_manifest

    call = ManifestCall(source, output, camera or (), column or (), subjects, as_json)
    raise typer.Exit(run_manifest(call))
