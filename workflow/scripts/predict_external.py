"""Predict the test people of one data set with a network that was trained on another."""

import pandas as pd

from cuffless.config import WindowOptions
from cuffless.designs.transfer import sample_people
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.training.backends import use_backend
from cuffless.training.predictor import load_predictor
from cuffless.training.tables.transfer import line_table, require_same_windows, transfer_lines, transfer_table

with logged(snakemake.log[0]):
    files, out, params, wildcards = snakemake.input, snakemake.output, snakemake.params, snakemake.wildcards
    manifest, seed = pd.read_parquet(files.manifest), int(wildcards.seed)
    people = sample_people(manifest, params.people, seed=[params.seed, seed], name=wildcards.dataset)
    use_backend(params.backend).prepare(seed, params.threads)
    predictor = load_predictor(files.model, own=[params.architecture])
    require_same_windows(
        predictor.windows,
        WindowOptions.model_validate_json(params.windows),
        network=f"{wildcards.network} of {wildcards.trained}",
        name=wildcards.dataset,
    )
    lines = transfer_lines(predictor, manifest, files.train, people)
    names = {"network": wildcards.network, "split": wildcards.split, "seed": seed, "trained_on": wildcards.trained}
    with whole_file(out.predictions) as part:
        transfer_table(predictor, manifest, files.test, lines, **names).to_parquet(part, index=False)
    with whole_file(out.lines) as part:
        line_table(lines, manifest, people).to_csv(part, index=False)
