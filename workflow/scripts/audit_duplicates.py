"""Look for signals that occur in two sets of a split."""

import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs import SUBSETS, require_clean
from cuffless.designs.duplicates import audit_duplicates
from cuffless.designs.files import write_audit
from cuffless.designs.split_audit import declared_leaks
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = SplitOptions.model_validate_json(snakemake.params.options)
    manifest = pd.read_parquet(snakemake.input.manifest, columns=["subset", "position", "record", "start"])
    stores = {name: snakemake.input[name] for name in SUBSETS}
    declared = declared_leaks(options, overlap=snakemake.params.overlap)
    audit = audit_duplicates(manifest, stores, options, declared=declared)
    require_clean(audit, name=snakemake.wildcards.split, leakage=options.leakage)
    write_audit(audit, snakemake.output.audit)
