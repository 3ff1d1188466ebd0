"""Sample a split and audit it."""

import json
from pathlib import Path

import pandas as pd

from cuffless.config import SplitOptions
from cuffless.config.folds import fold_of
from cuffless.designs import audited_split, write_design
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    out, params, name = snakemake.output, snakemake.params, snakemake.wildcards.split
    options = SplitOptions.model_validate_json(params.options)
    told = snakemake.input.people
    people = json.loads(Path(told).read_text(encoding="utf-8")) if told else None
    quality = pd.read_csv(snakemake.input.quality, keep_default_na=False, dtype={"record": str, "subject": str})
    design, audit = audited_split(
        snakemake.input.index,
        quality,
        options,
        overlap=params.overlap,
        name=name,
        runs_gap=params.runs_gap,
        people=people,
        fold=fold_of(name)[1],
    )
    write_design(design, audit, out.manifest, out.audit)
