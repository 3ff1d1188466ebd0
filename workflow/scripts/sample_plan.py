"""Sample subjects of a split's test set with their calibration and test windows, and audit them."""

import pandas as pd

from cuffless.config import ProtocolOptions
from cuffless.designs import require_clean, write_design
from cuffless.designs.plan import audit_plan, sample_plan
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    out, options = snakemake.output, ProtocolOptions.model_validate_json(snakemake.params.options)
    manifest = pd.read_parquet(snakemake.input.manifest, columns=["subset", "subject"])
    design = sample_plan(snakemake.input.index, options, manifest=manifest)
    known = manifest.loc[manifest["subset"] != "test", "subject"].unique()
    audit = audit_plan(design, options, trained_on=known)
    require_clean(audit, name=snakemake.wildcards.protocol, leakage=options.leakage)
    write_design(design, audit, out.plan, out.audit)
