"""Write the card of a trained network."""

import json
from pathlib import Path

import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.joblog import logged
from cuffless.report.card import write_card

with logged(snakemake.log[0]):
    inputs, params = snakemake.input, snakemake.params
    write_card(
        json.loads(Path(inputs.run).read_text(encoding="utf-8")),
        pd.read_csv(inputs.history),
        pd.read_parquet(inputs.predictions),
        json.loads(Path(inputs.audit).read_text(encoding="utf-8")),
        snakemake.output[0],
        dataset=snakemake.wildcards.dataset,
        people=params.people,
        source=params.source,
        windows=json.loads(params.windows),
        options=EvaluationOptions.model_validate_json(params.options),
    )
