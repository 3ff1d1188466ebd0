"""Cut a shard's records to every crop of the input study, each record read once."""

from contextlib import ExitStack

from cuffless.config import RecordOptions, WindowOptions, crop_named, read_config
from cuffless.joblog import logged
from cuffless.windows import WindowStore, passing_signals, store_stretches

with logged(snakemake.log[0]):
    params, out = snakemake.params, snakemake.output
    options = WindowOptions.model_validate_json(params.options)
    download = read_config(snakemake.config).datasets[snakemake.wildcards.dataset].records.download
    reading = RecordOptions.model_validate_json(params.records).model_copy(update={"download": download})
    crops = [crop_named(name) for name in params.crops]
    with passing_signals(snakemake.input.records, reading), ExitStack() as exits:
        stores = {
            crop.name: exits.enter_context(WindowStore(*paths, crop.windows(options)))
            for crop, *paths in zip(crops, out.windows, out.index, out.quality, strict=True)
        }
        store_stretches(snakemake.input.records, reading, stores, options, crops, params.stretch)
