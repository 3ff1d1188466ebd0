"""Look for all seven leaks of a split in its manifest, its signals and its networks' scaling."""

import json
from pathlib import Path

import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs.audit import require_clean, tabulate_leaks
from cuffless.designs.files import log_audit
from cuffless.designs.scalings import read_scalings
from cuffless.designs.split_audit import audit_sets
from cuffless.files import whole_file
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = SplitOptions.model_validate_json(snakemake.params.options)
    audit = audit_sets(
        pd.read_parquet(snakemake.input.manifest),
        options,
        overlap=snakemake.params.overlap,
        duplicates=json.loads(Path(snakemake.input.duplicates).read_text()),
        scalings=read_scalings(snakemake.input.models),
        order=json.loads(Path(snakemake.input.audit).read_text())["leaks"]["hidden_order"],
    )
    require_clean(audit, name=snakemake.wildcards.split, leakage=options.leakage)
    log_audit(audit)
    with whole_file(snakemake.output.leaks) as part:
        tabulate_leaks(audit["leaks"]).to_csv(part, index=False)
