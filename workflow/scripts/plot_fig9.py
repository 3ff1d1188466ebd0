"""Draw Figure 9: errors on rPPG before and after fine-tuning."""

import json
from pathlib import Path

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.figures import save_figure
from cuffless.figures.paper.fig9 import plot_fig9
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = FigureOptions.model_validate_json(snakemake.params.options)
    box, tests = (pd.read_csv(snakemake.input[name]) for name in ("box", "tests"))
    warnings = json.loads(Path(snakemake.input.audit).read_text())["warnings"]
    save_figure(plot_fig9(box, tests, options, warnings=warnings), snakemake.output.pdf)
