"""Draw what leakage is worth."""

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.figures import save_figure
from cuffless.figures.study.fig_leakage import plot_fig_leakage
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    figure = plot_fig_leakage(
        pd.read_csv(snakemake.input.dose),
        pd.read_csv(snakemake.input.dial),
        FigureOptions.model_validate_json(snakemake.params.options),
    )
    save_figure(figure, snakemake.output.pdf)
