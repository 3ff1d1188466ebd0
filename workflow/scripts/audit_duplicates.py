"""Look for signals that stand in two sets of a split."""

import json

import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs import SUBSETS, require_clean
from cuffless.designs.leaks import audit_duplicates
from cuffless.files import whole_file
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = SplitOptions.model_validate_json(snakemake.params.options)
    manifest = pd.read_parquet(snakemake.input.manifest, columns=["subset", "position", "record", "start"])
    stores = {name: snakemake.input[name] for name in SUBSETS}
    audit = audit_duplicates(manifest, stores, options, overlap=snakemake.params.overlap)
    require_clean(audit, options, name=snakemake.wildcards.split)
    with whole_file(snakemake.output.audit) as part:
        part.write_text(json.dumps(audit, indent=2) + "\n")
    print(*audit["notes"], sep="\n")
