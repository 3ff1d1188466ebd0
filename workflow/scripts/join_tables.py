"""Join the tables of all shards."""

from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.windows import join_tables

with logged(snakemake.log[0]), whole_file(snakemake.output[0]) as part:
    join_tables(snakemake.input, part)
