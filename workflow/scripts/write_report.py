"""Write the report of the study: one page with all that was found."""

from pathlib import Path

from cuffless.joblog import logged
from cuffless.report.study.contents import collect_report
from cuffless.report.study.page import write_report

with logged(snakemake.log[0]):
    files = dict(snakemake.input.items())
    files["benchmarks"] = sorted(path for folder in snakemake.params.benchmarks for path in Path(folder).rglob("*.tsv"))
    write_report(collect_report(files), snakemake.output[0], title=snakemake.params.title)
