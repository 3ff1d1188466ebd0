"""Draw the figure of calibration budgets, drift and protocols."""

import json
from pathlib import Path

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.designs.cautions import read_cautions
from cuffless.figures import plot_fig_budget, save_figure
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    mae, drift, tests = (pd.read_csv(snakemake.input[name]) for name in ("mae", "drift", "tests"))
    protocols = list(snakemake.params.protocols)
    audits = [json.loads(Path(path).read_text()) for path in snakemake.input.audits]
    figure = plot_fig_budget(
        mae,
        drift,
        tests,
        FigureOptions.model_validate_json(snakemake.params.options),
        protocols=protocols,
        warnings={name: audit["warnings"] for name, audit in zip(protocols, audits, strict=True)},
        cautions=read_cautions(snakemake.input.splits),
    )
    save_figure(figure, snakemake.output.pdf)
