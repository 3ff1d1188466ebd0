"""Draw Figure 7: errors in bins of pressure, one panel a network."""

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.designs.cautions import read_cautions
from cuffless.figures import plot_fig7, save_figure
from cuffless.figures.tables import read_manifests
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = FigureOptions.model_validate_json(snakemake.params.options)
    splits = snakemake.params.splits
    figure = plot_fig7(
        pd.read_csv(snakemake.input.bins).rename(columns={"case": "split"}),
        pd.read_csv(snakemake.input.overall),
        read_manifests(splits, snakemake.input.manifests),
        options,
        split=splits[0],
        lighter=splits[1] if len(splits) > 1 else None,
        cautions=read_cautions(snakemake.input.audits),
    )
    save_figure(figure, snakemake.output.pdf)
