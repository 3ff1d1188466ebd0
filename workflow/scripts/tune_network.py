"""Fine-tune a network's outputs on rPPG, leaving one subject out at a time, and predict the test windows."""

import json
import shutil
import time

import pandas as pd

from cuffless.config import RppgTuningOptions
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.networks import load_network
from cuffless.training import state_folder
from cuffless.training.runtime import git_commit, hardware, prepare_runtime, versions
from cuffless.training.tune_folds import contract_table, tune_network

with logged(snakemake.log[0]):
    files, out, params, wildcards = snakemake.input, snakemake.output, snakemake.params, snakemake.wildcards
    seed, began = int(wildcards.seed), time.perf_counter()
    state = state_folder(
        wildcards.dataset,
        f"rppg_{wildcards.network}_seed{seed}",
        (files.plan, files.index, files.windows, files.model),
        params.options,
        str(params.code),
    )
    prepare_runtime(seed, params.threads)
    model, metadata = load_network(files.model, [params.architecture])
    predictions, fits, facts = tune_network(
        model,
        pd.read_parquet(files.index),
        files.windows,
        pd.read_parquet(files.plan),
        RppgTuningOptions.model_validate_json(params.options),
        derivatives=bool(metadata.get("derivatives", False)),
        seed=seed,
        state=state,
    )
    facts |= {"options": json.loads(params.options), "seed": seed, "versions": versions(), "hardware": hardware()}
    facts |= {"commit": git_commit(), "wall_seconds": round(time.perf_counter() - began, 3)}
    with whole_file(out.predictions) as part:
        contract_table(predictions, network=wildcards.network, split=params.split, seed=seed).to_parquet(
            part, index=False
        )
    with whole_file(out.fits) as part:
        fits.to_csv(part, index=False)
    with whole_file(out.run) as part:
        part.write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n")
    shutil.rmtree(state, ignore_errors=True)
