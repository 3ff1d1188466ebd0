"""Draw Figures A2 to A5: errors of each subject on rPPG before and after fine-tuning."""

import json
from pathlib import Path

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.figures import save_figure
from cuffless.figures.paper.fig_a2 import plot_fig_a2
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    subjects, ks, box = (pd.read_csv(snakemake.input[name]) for name in ("subjects", "ks", "box"))
    figure = plot_fig_a2(
        subjects,
        ks,
        FigureOptions.model_validate_json(snakemake.params.options),
        which=snakemake.wildcards.figure,
        seeds=int(box["seeds"].max()),
        warnings=json.loads(Path(snakemake.input.audit).read_text())["warnings"],
    )
    save_figure(figure, snakemake.output.pdf)
