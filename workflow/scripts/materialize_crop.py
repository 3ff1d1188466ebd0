"""Write the windows of a crop's sets, in the order that was drawn for all crops."""

import pandas as pd

from cuffless.config import read_config
from cuffless.files import whole_file
from cuffless.inputs import join_labels
from cuffless.joblog import logged
from cuffless.splits import SUBSETS, materialize

with logged(snakemake.log[0]):
    reserve = read_config(snakemake.config).datasets[snakemake.wildcards.dataset].records.download.reserve_gb
    index = pd.concat([pd.read_parquet(path) for path in snakemake.input.index], ignore_index=True)
    manifest = join_labels(pd.read_parquet(snakemake.input.manifest), index)
    materialize(
        manifest, snakemake.input.windows, {name: snakemake.output[name] for name in SUBSETS}, reserve_gb=reserve
    )
    with whole_file(snakemake.output.manifest) as part:
        manifest.to_parquet(part, index=False)
