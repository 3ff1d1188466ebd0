"""Train a network of the input study, and predict its test windows; the network itself is not kept."""

from pathlib import Path

import pandas as pd
from pydantic import TypeAdapter

from cuffless.config import AnyNetwork
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.training import people_of, prediction_table, state_folder, train_network

with logged(snakemake.log[0]):
    out, params, wildcards, files = snakemake.output, snakemake.params, snakemake.wildcards, snakemake.input
    options = TypeAdapter(AnyNetwork).validate_json(params.options)
    seed, name = int(wildcards.seed), f"{wildcards.crop}_{wildcards.channels}"
    used = (files.manifest, files.train, files.val)
    run, backend = f"{name}_{wildcards.network}_seed{seed}", options.training.backend
    state = state_folder(wildcards.dataset, run, used, params.options, params.code, backend=backend)
    manifest = pd.read_parquet(files.manifest)
    people = people_of(manifest, "train")
    trained = train_network(options, files.train, files.val, seed=seed, state=state, people=people)
    table = prediction_table(
        trained,
        manifest,
        files.test,
        network=wildcards.network,
        split=name,
        seed=seed,
    )
    with whole_file(out.predictions) as part:
        table.to_parquet(part, index=False)
    trained.save(Path(out.run).parent, model=False)
