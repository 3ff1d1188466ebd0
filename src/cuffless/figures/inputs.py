"""What a figure of the study is plotted from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cuffless.config import FigureOptions
from cuffless.designs.cautions import read_cautions

_MANIFEST_COLUMNS = ("subset", "subject", "sbp", "dbp")
_WINDOW = ("record", "row")


@dataclass(frozen=True)
class FigureInputs:
    """Files, settings and options of a figure, by the keys of its declaration.

    Attributes
    ----------
    name : str
        Of the figure.
    files : mapping of str to path, or to paths
        Several where a placeholder of the pattern has several values.
    settings : mapping of str to value
    options : FigureOptions
    """

    name: str
    files: Mapping[str, Any]
    settings: Mapping[str, Any]
    options: FigureOptions

    def table(self, key: str, **reading: Any) -> pd.DataFrame:
        """Table of a CSV file; `reading` is for `pandas.read_csv`."""
        return pd.read_csv(self.files[key], **reading)

    def document(self, key: str) -> dict[str, Any]:
        """Content of a JSON file."""
        return _read_json(self.files[key])

    def documents(self, key: str) -> dict[Path, dict[str, Any]]:
        """Content of each of several JSON files."""
        return {Path(path): _read_json(path) for path in self.files[key]}

    def manifests(self, key: str) -> pd.DataFrame:
        """Manifests of several splits, ``SPLIT.parquet``, in one table with a column `split`.

        Of a split with folds, each set has the windows that any fold has in it, each once.
        """
        tables = [_read_manifest(path).assign(split=Path(path).stem) for path in self.files[key]]
        return pd.concat(tables, ignore_index=True)

    def cautions(self, key: str) -> list[str]:
        """What a reader must know of the splits whose audits these are."""
        return read_cautions(self.files[key])


def _read_json(path: str | Path) -> dict[str, Any]:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _read_manifest(path: str | Path) -> pd.DataFrame:
    import pyarrow.parquet

    columns = list(_MANIFEST_COLUMNS)
    if "fold" not in pyarrow.parquet.read_schema(path).names:
        return pd.read_parquet(path, columns=columns)
    return pd.read_parquet(path, columns=[*columns, *_WINDOW]).drop_duplicates(["subset", *_WINDOW])[columns]
