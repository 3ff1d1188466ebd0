"""Write all windows of the sampled subjects, in the order of the plan."""

import pandas as pd

from cuffless.config import read_config
from cuffless.joblog import logged
from cuffless.windows.materialize import materialize

with logged(snakemake.log[0]):
    reserve = read_config(snakemake.config).datasets[snakemake.wildcards.dataset].records.download.reserve_gb
    plan = pd.read_parquet(snakemake.input.plan).assign(subset="subjects")
    materialize(plan, snakemake.input.windows, {"subjects": snakemake.output.windows}, reserve_gb=reserve)
