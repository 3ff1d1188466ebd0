"""Write Table 1: errors of the splits, and of personalization where there is one, beside the paper's."""

from pathlib import Path

import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.evaluation import read_reference, write_table1
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    write_table1(
        [pd.read_csv(path) for path in snakemake.input],
        read_reference(Path(snakemake.scriptdir).resolve().parents[1] / "resources" / "reference_results.csv"),
        snakemake.output.csv,
        snakemake.output.md,
        EvaluationOptions.model_validate_json(snakemake.params.options),
    )
