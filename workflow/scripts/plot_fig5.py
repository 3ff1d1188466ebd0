"""Draw Figure 5: pressures in the sets of each split."""

from cuffless.config import FigureOptions
from cuffless.designs.cautions import read_cautions
from cuffless.figures import plot_fig5, save_figure
from cuffless.figures.tables import read_manifests
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = FigureOptions.model_validate_json(snakemake.params.options)
    manifest = read_manifests(snakemake.params.splits, snakemake.input.manifests)
    cautions = read_cautions(snakemake.input.audits)
    save_figure(plot_fig5(manifest, options, cautions=cautions), snakemake.output.pdf)
