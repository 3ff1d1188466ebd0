"""Sample which stretches train, validate and test in the input study."""

import json

import pandas as pd

from cuffless.config import InputOptions
from cuffless.designs import write_design
from cuffless.designs.stretches import audit_stretches, sample_stretches
from cuffless.joblog import logged
from cuffless.windows import name_owners, name_subjects, read_people

with logged(snakemake.log[0]):
    params, given = snakemake.params, snakemake.input
    options = InputOptions(windows=params.windows, seed=params.seed, stretch_seconds=params.stretch)
    index = pd.concat([pd.read_parquet(path) for path in given.index], ignore_index=True)
    naming = json.loads(params.naming)
    if given.people or naming["identity"] != "auto":
        quality = pd.concat([read_people(path) for path in given.quality], ignore_index=True)
        people = read_people(given.people) if given.people else None
        index = name_owners(index, name_subjects(quality, people=people, **naming))
    design = sample_stretches(index, options)
    write_design(design, audit_stretches(design, options), snakemake.output.manifest, snakemake.output.notes)
