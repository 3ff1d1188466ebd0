"""Join the tables of leaks of all folds of a split."""

import pandas as pd

from cuffless.designs.division.joining import join_leaks
from cuffless.files import whole_file
from cuffless.joblog import logged

with logged(snakemake.log[0]), whole_file(snakemake.output.leaks) as part:
    join_leaks([pd.read_csv(path) for path in snakemake.input.leaks]).to_csv(part, index=False)
