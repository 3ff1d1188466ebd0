"""Sample leave-one-subject-out folds, and audit them."""

import pandas as pd

from cuffless.config import RppgTuningOptions
from cuffless.designs import require_clean, write_design
from cuffless.designs.folds import audit_folds, sample_folds
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    out, params = snakemake.output, snakemake.params
    options = RppgTuningOptions(
        share=params.share, test=params.test, gap=params.gap, seed=params.seed, conditions=tuple(params.conditions)
    )
    manifest = pd.read_parquet(snakemake.input.manifest, columns=["subset", "subject"])
    design = sample_folds(pd.read_parquet(snakemake.input.index), options, min_windows=params.min_windows)
    known = manifest.loc[manifest["subset"] != "test", "subject"].unique()
    audit = audit_folds(design, options, trained_on=known)
    require_clean(audit, name="rppg.tuning")
    write_design(design, audit, out.plan, out.audit)
