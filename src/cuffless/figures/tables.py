"""Reading what figures draw."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

COLUMNS = ("subset", "subject", "sbp", "dbp")


def read_manifests(splits: Sequence[str], paths: Sequence[str | Path]) -> pd.DataFrame:
    """Manifests of several splits in one table, with a column `split`."""
    tables = [
        pd.read_parquet(path, columns=list(COLUMNS)).assign(split=split)
        for split, path in zip(splits, paths, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)
