"""Join the windows' index of all shards."""

from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.windows import join_index, join_tables

with logged(snakemake.log[0]), whole_file(snakemake.output[0]) as part:
    if snakemake.input.quality:
        join_index(snakemake.input.shards, snakemake.input.quality, part)
    else:
        join_tables(snakemake.input.shards, part)
