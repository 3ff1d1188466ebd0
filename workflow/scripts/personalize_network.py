"""Fine-tune a network on each drawn subject, and predict the test windows before and after."""

import json
import shutil
import time

import pandas as pd

from cuffless.config import ProtocolOptions
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.networks import load_network
from cuffless.training import state_folder
from cuffless.training.personalize import contract_table, personalize_network
from cuffless.training.runtime import git_commit, hardware, prepare_runtime, versions

with logged(snakemake.log[0]):
    files, out, params, wildcards = snakemake.input, snakemake.output, snakemake.params, snakemake.wildcards
    options = ProtocolOptions.model_validate_json(params.options)
    seed, began = int(wildcards.seed), time.perf_counter()
    name = f"personalization_{wildcards.protocol}_{wildcards.network}_seed{seed}"
    state = state_folder(
        wildcards.dataset, name, (files.plan, files.windows, files.model), params.options, str(params.code)
    )
    prepare_runtime(seed, params.threads)
    model, metadata = load_network(files.model, [params.architecture])
    predictions, fits, facts = personalize_network(
        model,
        pd.read_parquet(files.plan),
        files.windows,
        options,
        derivatives=bool(metadata.get("derivatives", False)),
        seed=seed,
        state=state,
    )
    facts |= {"options": json.loads(params.options), "seed": seed, "versions": versions(), "hardware": hardware()}
    facts |= {"commit": git_commit(), "wall_seconds": round(time.perf_counter() - began, 3)}
    table = contract_table(
        predictions, network=wildcards.network, split=params.split, seed=seed, protocol=wildcards.protocol
    )
    with whole_file(out.predictions) as part:
        table.to_parquet(part, index=False)
    with whole_file(out.fits) as part:
        fits.to_csv(part, index=False)
    with whole_file(out.run) as part:
        part.write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n")
    shutil.rmtree(state, ignore_errors=True)
