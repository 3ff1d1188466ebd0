"""Copy a table to where the study's tables are, labelled with its data set."""

from cuffless.figures.copies import write_labelled
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    for ending in ("csv", "md"):
        write_labelled(snakemake.input[ending], snakemake.output[ending], snakemake.params.stamp)
