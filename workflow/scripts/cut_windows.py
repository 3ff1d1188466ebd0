"""Cut, measure and judge the windows of a shard's records."""

from cuffless.config import RecordOptions, WindowOptions
from cuffless.joblog import logged
from cuffless.windows import WindowStore, store_records

with logged(snakemake.log[0]):
    options = WindowOptions.model_validate_json(snakemake.params.options)
    reading = RecordOptions.model_validate_json(snakemake.params.records)
    out = snakemake.output
    with WindowStore(out.windows, out.index, out.quality, options) as store:
        store_records(snakemake.input.records, reading, store)
