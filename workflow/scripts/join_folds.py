"""Join the manifests of all folds of a split, and their audits."""

import json
from pathlib import Path

import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs import Design, write_design
from cuffless.designs.division.joining import join_audits, join_manifests
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    given, out, name = snakemake.input, snakemake.output, snakemake.wildcards.split
    options = SplitOptions.model_validate_json(snakemake.params.options)
    windows = join_manifests([pd.read_parquet(path) for path in given.manifests], name=name)
    audit = join_audits([json.loads(Path(path).read_text()) for path in given.audits], windows, options, name=name)
    write_design(Design(windows), audit, out.manifest, out.audit)
