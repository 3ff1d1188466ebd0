"""Join the predictions of all folds of a split."""

from cuffless.joblog import logged
from cuffless.training.tables.joining import join_predictions

with logged(snakemake.log[0]):
    join_predictions(snakemake.input.predictions, snakemake.output.predictions, split=snakemake.wildcards.split)
