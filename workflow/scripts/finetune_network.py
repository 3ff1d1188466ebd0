"""Fine-tune a network on each subject or fold of a design, and predict the test windows before and after."""

import json
import shutil
import time
from pathlib import Path

import pandas as pd

from cuffless.designs.fits import fits_of
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.networks import load_network
from cuffless.training import state_folder
from cuffless.training.backends import use_backend
from cuffless.training.finetune import finetune_network
from cuffless.training.runtime import git_commit, hardware, versions

with logged(snakemake.log[0]):
    files, out, params, wildcards = snakemake.input, snakemake.output, snakemake.params, snakemake.wildcards
    seed, began = int(wildcards.seed), time.perf_counter()
    name = "_".join(Path(out.run).parent.parts[3:])  # personalization_main_alexnet_seed0
    used = (files.plan, files.windows, files.model)
    state = state_folder(wildcards.dataset, name, used, params.options, str(params.code), backend=params.backend)
    backend = use_backend(params.backend)
    backend.prepare(seed, params.threads)
    with backend.building():
        model, metadata = load_network(files.model, [params.architecture])
    fits = fits_of(params.arm, pd.read_parquet(files.plan), params.options)
    predictions, table, facts = finetune_network(
        model, fits, files.windows, derivatives=bool(metadata.get("derivatives", False)), seed=seed, state=state
    )
    facts |= {"options": json.loads(params.options), "seed": seed, "backend": params.backend}
    facts |= {"versions": versions(params.backend), "hardware": hardware(), "commit": git_commit()}
    facts |= {"wall_seconds": round(time.perf_counter() - began, 3)}
    names = {"network": wildcards.network, "split": params.split, "protocol": wildcards.get("protocol", "")}
    with whole_file(out.predictions) as part:
        predictions.assign(**names, seed=seed)[list(fits.columns)].to_parquet(part, index=False)
    with whole_file(out.fits) as part:
        table.to_csv(part, index=False)
    with whole_file(out.run) as part:
        part.write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n")
    shutil.rmtree(state, ignore_errors=True)
