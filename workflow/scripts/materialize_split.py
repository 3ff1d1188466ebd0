"""Write the windows of a split's sets in their shuffled order."""

import pandas as pd

from cuffless.config import read_config
from cuffless.designs import SUBSETS
from cuffless.joblog import logged
from cuffless.windows.materialize import materialize

with logged(snakemake.log[0]):
    reserve = read_config(snakemake.config).datasets[snakemake.wildcards.dataset].records.download.reserve_gb
    manifest = pd.read_parquet(snakemake.input.manifest, columns=["subset", "position", "record", "row", "sbp", "dbp"])
    materialize(
        manifest, snakemake.input.windows, {name: snakemake.output[name] for name in SUBSETS}, reserve_gb=reserve
    )
