"""Draw which stretches train, validate and test in the input study."""

import json

import pandas as pd

from cuffless.config import InputOptions
from cuffless.designs.stretches import sample_stretches
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.windows import name_owners, name_subjects

with logged(snakemake.log[0]):
    params = snakemake.params
    options = InputOptions(windows=params.windows, seed=params.seed, stretch_seconds=params.stretch)
    index = pd.concat([pd.read_parquet(path) for path in snakemake.input.index], ignore_index=True)
    naming = json.loads(params.naming)
    if naming["identity"] != "auto":
        quality = pd.concat([pd.read_csv(path, keep_default_na=False) for path in snakemake.input.quality])
        index = name_owners(index, name_subjects(quality, **naming))
    manifest, described = sample_stretches(index, options)
    with whole_file(snakemake.output.manifest) as part:
        manifest.to_parquet(part, index=False)
    with whole_file(snakemake.output.notes) as part:
        part.write_text(json.dumps(described, indent=2) + "\n")
