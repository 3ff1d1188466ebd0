"""Cut, measure and judge the windows of a shard's records."""

from cuffless.config import RecordOptions, WindowOptions, read_config
from cuffless.joblog import logged
from cuffless.windows import WindowStore, passing_signals, store_records

with logged(snakemake.log[0]):
    options = WindowOptions.model_validate_json(snakemake.params.options)
    # Where signals are fetched from and kept changes no window, so it is no parameter.
    download = read_config(snakemake.config).datasets[snakemake.wildcards.dataset].records.download
    reading = RecordOptions.model_validate_json(snakemake.params.records).model_copy(update={"download": download})
    out = snakemake.output
    records = snakemake.input.records
    # The store is closed first: signals are freed once their windows are written.
    with passing_signals(records, reading), WindowStore(out.windows, out.index, out.quality, options) as store:
        store_records(records, reading, store)
