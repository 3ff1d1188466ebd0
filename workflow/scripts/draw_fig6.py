"""Draw Figure 6: overall errors of each split."""

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.figures import draw_fig6, save_figure
from cuffless.joblog import logged
from cuffless.splits.cautions import read_cautions

with logged(snakemake.log[0]):
    options = FigureOptions.model_validate_json(snakemake.params.options)
    overall, mae, tests = (pd.read_csv(snakemake.input[name]) for name in ("overall", "mae", "tests"))
    cautions = read_cautions(snakemake.input.audits)
    save_figure(draw_fig6(overall, mae, tests, options, cautions=cautions), snakemake.output.pdf)
