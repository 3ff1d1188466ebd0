"""Draw Figure 2: croppings, lengths and derivatives of the input."""

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.figures import plot_fig2, save_figure
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = FigureOptions.model_validate_json(snakemake.params.options)
    mae, tests = (pd.read_csv(snakemake.input[name]) for name in ("mae", "tests"))
    save_figure(plot_fig2(mae, tests, options), snakemake.output.pdf)
