"""Draw Figure 1: a network's schematic."""

import json
from pathlib import Path

from cuffless.config import FigureOptions
from cuffless.figures import network_name, plot_fig1, save_figure
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = FigureOptions.model_validate_json(snakemake.params.options)
    layers = json.loads(Path(snakemake.input.run).read_text())["layers"]
    save_figure(
        plot_fig1(layers, options, title=f"{network_name(snakemake.params.network)} network"),
        snakemake.output.pdf,
    )
