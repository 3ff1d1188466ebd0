"""Draw Figure 4: windows per subject before the cap."""

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.designs.cautions import read_cautions
from cuffless.figures import plot_fig4, save_figure
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = FigureOptions.model_validate_json(snakemake.params.options)
    quality = pd.read_csv(snakemake.input.quality, keep_default_na=False)
    windows = quality.groupby("subject")["windows_kept"].sum()
    cautions = read_cautions(snakemake.input.audits)
    save_figure(plot_fig4(windows, snakemake.params.cap, options, cautions=cautions), snakemake.output.pdf)
