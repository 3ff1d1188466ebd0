"""Plot the measurements of each recording: frames with their regions, colours, pulse wave, pulse rate."""

from pathlib import Path

from cuffless.camera.errors import RppgError
from cuffless.camera.recordings import load_recording, rates_to_show
from cuffless.config import FigureOptions
from cuffless.figures.study.contact_sheet import plot_contact_sheet
from cuffless.figures.style import save_picture, stamp_figure
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    options = FigureOptions.model_validate_json(params.options)
    waves = given.waves or [None] * len(params.names)
    for name, out, *files in zip(
        params.names, snakemake.output, given.traces, given.regions, given.frames, waves, strict=True
    ):
        try:
            trace, regions, frames = load_recording(*files, method=params.method)
            rates, reason = rates_to_show(name, trace, method=params.method, rate_range=tuple(params.rate_range))
        except RppgError as error:
            trace, regions, frames, rates, reason = None, None, [], None, str(error)
        sheet = plot_contact_sheet(frames, regions, trace, rates, options, title=name, reason=reason)
        stamp_figure(sheet, params.stamp, options)
        save_picture(sheet, Path(out))
        print(f"{name}: {reason or 'plotted'}")
