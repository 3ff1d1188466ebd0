"""Draw subjects of a split's test set with their calibration and test windows, and audit the draw."""

import json

import pandas as pd

from cuffless.config import ProtocolOptions
from cuffless.designs.plan import sample_plan
from cuffless.designs.plan_audit import audit_plan, require_clean_plan
from cuffless.files import whole_file
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = ProtocolOptions.model_validate_json(snakemake.params.options)
    manifest = pd.read_parquet(snakemake.input.manifest, columns=["subset", "subject"])
    plan = sample_plan(snakemake.input.index, manifest, options)
    audit = audit_plan(plan, manifest, options)
    require_clean_plan(audit, options, name=snakemake.wildcards.protocol)
    with whole_file(snakemake.output.plan) as part:
        plan.windows.to_parquet(part, index=False)
    with whole_file(snakemake.output.audit) as part:
        part.write_text(json.dumps(audit, indent=2) + "\n")
    print(*audit["notes"], *(f"WARNING: {warning}" for warning in audit["warnings"]), sep="\n")
