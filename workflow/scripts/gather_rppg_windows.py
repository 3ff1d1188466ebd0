"""Cut the windows of all recordings, with the monitor's pressures."""

from cuffless.camera.manifest import recording_from
from cuffless.camera.recordings import traces_or_reasons
from cuffless.camera.windows.cutting import gather_windows
from cuffless.config import RppgOptions, WindowOptions
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    out, params = snakemake.output, snakemake.params
    options = RppgOptions.model_validate_json(params.options)
    gather_windows(
        map(recording_from, params.recordings),
        traces_or_reasons(snakemake.input.traces, snakemake.input.waves, options.method),
        options,
        WindowOptions.model_validate_json(params.windows),
        store=out.windows,
        index=out.index,
        quality=out.quality,
    )
