"""Look for what training of one data set shares with the test of another."""

import pandas as pd

from cuffless.config import WindowOptions
from cuffless.designs import require_clean
from cuffless.designs.files import write_audit
from cuffless.designs.transfer import audit_transfer, require_same_length
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    files, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    trained, tested = (pd.read_parquet(path) for path in (files.trained, files.tested))
    windows = WindowOptions.model_validate_json(params.windows)
    for manifest, name in ((trained, wildcards.trained), (tested, wildcards.dataset)):
        require_same_length(manifest, windows, name=name)
    audit = audit_transfer(
        trained,
        tested,
        stores={"train": files.train, "test": files.test},
        threshold=params.threshold,
        trained_on=wildcards.trained,
        tested_on=wildcards.dataset,
    )
    require_clean(audit, name=f"{wildcards.trained} to {wildcards.dataset}", leakage=params.leakage)
    write_audit(audit, snakemake.output.audit)
