"""Judge the runs of the input study: errors of each, and tests between croppings and inputs."""

import json
from pathlib import Path

import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.judgement.evidence.input_tests import compare_inputs
from cuffless.judgement.measures.input_errors import identity_of, input_errors, run_of
from cuffless.windows import name_subjects

with logged(snakemake.log[0]):
    options = EvaluationOptions.model_validate_json(snakemake.params.options)
    runs = ((run_of(path), pd.read_parquet(path)) for path in snakemake.input.predictions)
    quality = pd.concat([pd.read_csv(path) for path in snakemake.input.quality], ignore_index=True)
    identity = identity_of(name_subjects(quality, **json.loads(snakemake.params.naming)))
    mae, subjects = input_errors(runs, identity=identity)
    drawn = json.loads(Path(snakemake.input.notes).read_text())
    mae = mae.assign(n_stretches=sum(drawn["windows"].values()), n_asked=drawn["asked"])
    tests = compare_inputs(mae, subjects, options)
    for table, path in ((mae, snakemake.output.mae), (tests, snakemake.output.tests)):
        with whole_file(path) as part:
            table.to_csv(part, index=False)
