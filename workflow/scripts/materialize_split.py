"""Write the windows of a split's sets in their shuffled order."""

import pandas as pd

from cuffless.joblog import logged
from cuffless.splits import SUBSETS, materialize

with logged(snakemake.log[0]):
    manifest = pd.read_parquet(snakemake.input.manifest)
    materialize(manifest, snakemake.input.windows, {name: snakemake.output[name] for name in SUBSETS})
