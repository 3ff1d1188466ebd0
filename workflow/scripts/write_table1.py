"""Write Table 1: errors of the splits, and of personalization where there is one, beside the paper's."""

from pathlib import Path

import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.designs.cautions import read_cautions
from cuffless.joblog import logged
from cuffless.judgement.paper_tables import read_reference, write_table1

with logged(snakemake.log[0]):
    overall = pd.read_csv(snakemake.input.overall).assign(note=" ".join(read_cautions(snakemake.input.audits)))
    personal = [pd.read_csv(snakemake.input.personal)] if snakemake.input.personal else []
    write_table1(
        [overall, *personal],
        read_reference(Path(snakemake.scriptdir).resolve().parents[1] / "resources" / "reference_results.csv"),
        snakemake.output.csv,
        snakemake.output.md,
        EvaluationOptions.model_validate_json(snakemake.params.options),
    )
