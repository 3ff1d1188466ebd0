"""Describe the records of a shard: subject, length, problems."""

from cuffless.config import RecordOptions, read_config
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.records import find_records, list_records, simulated_entries

with logged(snakemake.log[0]):
    download = read_config(snakemake.config).datasets[snakemake.wildcards.dataset].records.download
    options = RecordOptions.model_validate_json(snakemake.params.options).model_copy(update={"download": download})
    shard = int(snakemake.wildcards.shard.removeprefix("shard"))
    simulated = options.source == "simulator"
    entries = simulated_entries(snakemake.input.raw) if simulated else find_records(options, shard)
    table = list_records(entries, options, shard)
    with whole_file(snakemake.output[0]) as part:
        table.to_csv(part, index=False)
