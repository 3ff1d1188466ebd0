"""Draw Figure 3: windows with enough SNR, by their length."""

import pandas as pd

from cuffless.config import FigureOptions, WindowOptions
from cuffless.figures import save_figure
from cuffless.figures.paper.fig3 import plot_fig3
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = FigureOptions.model_validate_json(snakemake.params.options)
    windows = WindowOptions.model_validate_json(snakemake.params.windows)
    shares = pd.read_csv(snakemake.input.shares)
    save_figure(plot_fig3(shares, options, snr_db=windows.snr_db), snakemake.output.pdf)
