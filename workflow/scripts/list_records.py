"""Describe the records of a shard: whose they are, how long, what is wrong with them."""

from cuffless.config import RecordOptions
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.records import find_records, list_records, simulated_paths

with logged(snakemake.log[0]):
    options = RecordOptions.model_validate_json(snakemake.params.options)
    raw = snakemake.input.get("raw")
    shard = int(snakemake.wildcards.shard.removeprefix("shard"))
    paths = simulated_paths(raw) if raw else find_records(options.path, options, shard)
    table = list_records(paths, options, shard)
    with whole_file(snakemake.output[0]) as part:
        table.to_csv(part, index=False)
