"""Write Table 1 or 2: errors of the arms next to the paper's."""

from pathlib import Path

import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.designs.cautions import read_cautions
from cuffless.joblog import logged
from cuffless.judgement.paper_tables import TABLES, read_reference, write_paper_table

with logged(snakemake.log[0]):
    given = snakemake.input
    overall = [pd.read_csv(path) for path in given.overall]
    if given.get("audits"):
        overall[0] = overall[0].assign(note=" ".join(read_cautions(given.audits)))
    write_paper_table(
        overall,
        read_reference(Path(snakemake.scriptdir).resolve().parents[1] / "resources" / "reference_results.csv"),
        snakemake.output.csv,
        snakemake.output.md,
        EvaluationOptions.model_validate_json(snakemake.params.options),
        paper=TABLES[snakemake.params.table],
    )
