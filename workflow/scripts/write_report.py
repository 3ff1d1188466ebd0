"""Write the report of the study: one page with all that was found."""

import json
from pathlib import Path

from cuffless.joblog import logged
from cuffless.report.study.contents import collect_report
from cuffless.report.study.page import write_report

with logged(snakemake.log[0]):
    files = dict(snakemake.input.items())
    files["benchmarks"] = sorted(path for folder in snakemake.params.benchmarks for path in Path(folder).rglob("*.tsv"))
    report = collect_report(files, json.loads(snakemake.params.about))
    write_report(report, snakemake.output[0], title=snakemake.params.title)
