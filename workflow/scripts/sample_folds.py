"""Draw the folds of leave-one-subject-out, and audit them."""

import json

import pandas as pd

from cuffless.config import RppgTuningOptions
from cuffless.designs.fold_audit import audit_folds, require_clean_folds
from cuffless.designs.folds import sample_folds
from cuffless.files import whole_file
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    params = snakemake.params
    options = RppgTuningOptions(share=params.share, test=params.test, gap=params.gap, seed=params.seed)
    index = pd.read_parquet(snakemake.input.index)
    manifest = pd.read_parquet(snakemake.input.manifest, columns=["subset", "subject"])
    plan = sample_folds(index, options, min_windows=params.min_windows)
    known = manifest.loc[manifest["subset"] != "test", "subject"].unique()
    audit = audit_folds(plan, index, options, trained_on=known)
    require_clean_folds(audit)
    with whole_file(snakemake.output.plan) as part:
        plan.to_parquet(part, index=False)
    with whole_file(snakemake.output.audit) as part:
        part.write_text(json.dumps(audit, indent=2) + "\n")
    print(*audit["notes"], *(f"WARNING: {warning}" for warning in audit["warnings"]), sep="\n")
