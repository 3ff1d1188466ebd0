"""Fetch the signals of a shard's records into the cache."""

from cuffless.config import RecordOptions, read_config
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.records import fetch_records, read_records

with logged(snakemake.log[0]):
    download = read_config(snakemake.config).datasets[snakemake.wildcards.dataset].records.download
    options = RecordOptions.model_validate_json(snakemake.params.records).model_copy(update={"download": download})
    table = fetch_records(read_records(snakemake.input[0]), options)
    with whole_file(snakemake.output[0]) as part:
        table.to_csv(part, index=False)
