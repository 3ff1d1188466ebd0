"""Cut the windows of all recordings, with the monitor's pressures."""

from cuffless.config import RppgOptions, WindowOptions
from cuffless.joblog import logged
from cuffless.rppg.manifest import recording_from
from cuffless.rppg.recordings import traces_or_reasons
from cuffless.rppg.windows import gather_windows

with logged(snakemake.log[0]):
    out, params = snakemake.output, snakemake.params
    gather_windows(
        map(recording_from, params.recordings),
        traces_or_reasons(snakemake.input.traces),
        RppgOptions.model_validate_json(params.options),
        WindowOptions.model_validate_json(params.windows),
        store=out.windows,
        index=out.index,
        quality=out.quality,
    )
