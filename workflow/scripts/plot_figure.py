"""Plot a figure of the study."""

from cuffless.config import FigureOptions
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import all_figures
from cuffless.figures.style import save_figure, stamp_figure
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    name, params = snakemake.wildcards.figure, snakemake.params
    options = FigureOptions.model_validate_json(params.options)
    given = FigureInputs(name, dict(snakemake.input.items()), params.settings, options)
    figure = all_figures()[name].plot(given)
    stamp_figure(figure, params.stamp, options)
    save_figure(figure, snakemake.output.pdf)
