"""Write the windows of a crop's sets, in the order sampled for all crops."""

import pandas as pd

from cuffless.config import read_config
from cuffless.designs import SUBSETS
from cuffless.designs.stretches import join_labels
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.windows.materialize import materialize

with logged(snakemake.log[0]):
    reserve = read_config(snakemake.config).datasets[snakemake.wildcards.dataset].records.download.reserve_gb
    index = pd.concat([pd.read_parquet(path) for path in snakemake.input.index], ignore_index=True)
    manifest = join_labels(pd.read_parquet(snakemake.input.manifest), index)
    materialize(
        manifest, snakemake.input.windows, {name: snakemake.output[name] for name in SUBSETS}, reserve_gb=reserve
    )
    with whole_file(snakemake.output.manifest) as part:
        manifest.to_parquet(part, index=False)
