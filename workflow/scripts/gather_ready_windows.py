"""Read windows of rPPG that others cut."""

from cuffless.camera.windows.ready import gather_ready
from cuffless.config import RppgOptions, WindowOptions
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    out = snakemake.output
    gather_ready(
        snakemake.input[0],
        RppgOptions.model_validate_json(snakemake.params.options),
        WindowOptions.model_validate_json(snakemake.params.windows),
        store=out.windows,
        index=out.index,
        quality=out.quality,
    )
