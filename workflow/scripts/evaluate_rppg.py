"""Judge networks before and after fine-tuning on rPPG, beside baselines on the same windows."""

import json
from pathlib import Path

import pandas as pd

from cuffless.arms.camera import judge_rppg
from cuffless.arms.splits import write_tables
from cuffless.config import EvaluationOptions, RppgTuningOptions
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    unchanged = {Path(run).parts[-3]: json.loads(Path(run).read_text())["fits_unchanged"] for run in given.runs}
    reference = Path(snakemake.scriptdir).resolve().parents[1] / "resources" / "reference_rppg.csv"
    tables = judge_rppg(
        pd.read_parquet(given.plan),
        json.loads(Path(given.audit).read_text()),
        map(pd.read_parquet, given.predictions),
        RppgTuningOptions.model_validate_json(params.tuning),
        EvaluationOptions.model_validate_json(params.options),
        reference=pd.read_csv(reference),
        unchanged=unchanged,
    )
    write_tables(tables, dict(snakemake.output.items()))
