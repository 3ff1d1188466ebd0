"""Draw a split's manifest and audit it."""

import json

import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs import audited_split
from cuffless.files import whole_file
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = SplitOptions.model_validate_json(snakemake.params.options)
    quality = pd.read_csv(snakemake.input.quality, keep_default_na=False, dtype={"record": str, "subject": str})
    params = snakemake.params
    manifest, audit = audited_split(
        snakemake.input.index,
        quality,
        options,
        overlap=params.overlap,
        name=snakemake.wildcards.split,
        runs_gap=params.runs_gap,
    )
    with whole_file(snakemake.output.manifest) as part:
        manifest.to_parquet(part, index=False)
    with whole_file(snakemake.output.audit) as part:
        part.write_text(json.dumps(audit, indent=2) + "\n")
    print(*audit["notes"], sep="\n")
