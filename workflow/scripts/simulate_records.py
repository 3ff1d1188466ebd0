"""Simulate the recordings of a shard's subjects."""

from pathlib import Path

from cuffless.config import SimulatorOptions
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.simulator import write_cohort

with logged(snakemake.log[0]):
    options = SimulatorOptions.model_validate_json(snakemake.params.options)
    table = write_cohort(snakemake.params.subjects, options, Path(snakemake.output[0]).parent)
    with whole_file(snakemake.output[0]) as part:
        table.to_csv(part, index=False)
