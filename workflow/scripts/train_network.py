"""Train a network on a split, predict its validation and test windows, and calibrate its intervals on the former.

The model file then holds its errors on the latter.
"""

import json
from pathlib import Path

import pandas as pd
from pydantic import TypeAdapter

from cuffless.config import AnyNetwork, TrainingOptions
from cuffless.joblog import logged
from cuffless.training import (
    calibrate,
    describe_origin,
    people_of,
    prediction_table,
    state_folder,
    train_network,
    write_predictions,
)

with logged(snakemake.log[0]):
    out, params, wildcards = snakemake.output, snakemake.params, snakemake.wildcards
    options = TypeAdapter(AnyNetwork).validate_json(params.options)
    seed = int(wildcards.seed)
    manifest = pd.read_parquet(snakemake.input.manifest)
    trained = train_network(
        options,
        snakemake.input.train,
        snakemake.input.val,
        seed=seed,
        state=state_folder(
            wildcards.dataset,
            f"{wildcards.split}_{wildcards.network}_seed{seed}",
            (snakemake.input.manifest, snakemake.input.train, snakemake.input.val),
            params.options,
            params.code,
            backend=getattr(options, "training", TrainingOptions()).backend,
        ),
        metadata={"windows": json.loads(params.windows)},
        people=people_of(manifest, "train"),
    )
    table = prediction_table(
        trained,
        manifest,
        snakemake.input.test,
        val_store=snakemake.input.val,
        network=wildcards.network,
        split=wildcards.split,
        seed=seed,
    )
    calibration = calibrate(table, options.intervals)
    write_predictions(calibration, out.predictions)
    trained.keep_intervals(calibration)
    trained.keep_origin(describe_origin(calibration.table, dataset=wildcards.dataset, people=params.people))
    trained.save(Path(out.model).parent)
