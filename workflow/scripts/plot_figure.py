"""Plot a figure of the study."""

from cuffless.config import FigureOptions
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import all_figures
from cuffless.figures.style import save_figure
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    name, params = snakemake.wildcards.figure, snakemake.params
    options = FigureOptions.model_validate_json(params.options)
    given = FigureInputs(name, dict(snakemake.input.items()), params.settings, options)
    save_figure(all_figures()[name].plot(given), snakemake.output.pdf)
