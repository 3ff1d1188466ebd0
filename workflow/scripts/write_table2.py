"""Write Table 2: errors on rPPG beside the paper's."""

from pathlib import Path

import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.joblog import logged
from cuffless.judgement.paper_tables import read_reference
from cuffless.judgement.table2 import write_table2

with logged(snakemake.log[0]):
    write_table2(
        pd.read_csv(snakemake.input.overall),
        read_reference(Path(snakemake.scriptdir).resolve().parents[1] / "resources" / "reference_results.csv"),
        snakemake.output.csv,
        snakemake.output.md,
        EvaluationOptions.model_validate_json(snakemake.params.options),
    )
