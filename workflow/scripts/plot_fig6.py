"""Draw Figure 6: overall errors of each split."""

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.designs.cautions import read_cautions
from cuffless.figures import plot_fig6, save_figure
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = FigureOptions.model_validate_json(snakemake.params.options)
    overall, mae, tests = (pd.read_csv(snakemake.input[name]) for name in ("overall", "mae", "tests"))
    cautions = read_cautions(snakemake.input.audits)
    save_figure(plot_fig6(overall, mae, tests, options, cautions=cautions), snakemake.output.pdf)
