"""Draw Figure 8 or A1: errors of each subject before and after personalization."""

import json
from pathlib import Path

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.designs.cautions import read_cautions
from cuffless.figures import plot_fig8, save_figure
from cuffless.figures.paper.fig8 import NUMBERS
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    subjects, ks, mae = (pd.read_csv(snakemake.input[name]) for name in ("subjects", "ks", "mae"))
    protocol = snakemake.params.protocols[0]
    figure = plot_fig8(
        subjects,
        ks,
        FigureOptions.model_validate_json(snakemake.params.options),
        protocol=protocol,
        numbers=NUMBERS[snakemake.wildcards.figure],
        warnings=json.loads(Path(snakemake.input.audits[0]).read_text())["warnings"],
        cautions=read_cautions(snakemake.input.splits),
        seeds=int(mae.loc[mae["protocol"] == protocol, "seeds"].max()),
    )
    save_figure(figure, snakemake.output.pdf)
