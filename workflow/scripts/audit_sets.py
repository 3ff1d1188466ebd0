"""Look for all seven leaks of a split: its manifest, its signals, and what its networks are scaled by."""

import json
from pathlib import Path

import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs.leaks import audit_sets, require_clean_sets
from cuffless.designs.scalings import named_scalings
from cuffless.files import whole_file
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = SplitOptions.model_validate_json(snakemake.params.options)
    leaks = audit_sets(
        pd.read_parquet(snakemake.input.manifest),
        options,
        overlap=snakemake.params.overlap,
        duplicates=json.loads(Path(snakemake.input.duplicates).read_text()),
        scalings=named_scalings(snakemake.input.models),
        order=json.loads(Path(snakemake.input.audit).read_text())["leaks"]["hidden_order"],
    )
    print(*require_clean_sets(leaks, options, name=snakemake.wildcards.split), sep="\n")
    with whole_file(snakemake.output.leaks) as part:
        leaks.to_csv(part, index=False)
