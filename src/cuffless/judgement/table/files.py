"""Reading files of predictions: parquet, and text, compressed or not."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.demands import MEMORY_GB, shown_count, why_refused
from cuffless.errors import fault
from cuffless.judgement.table.columns import NOTHING
from cuffless.judgement.table.predictions import PredictionError
from cuffless.records import RecordError
from cuffless.records.faults import reraise_machine_error
from cuffless.records.text.encoding import open_bytes
from cuffless.records.text.tables import pandas_marks

_EMPTY = [*NOTHING, "NA", "N/A", "#N/A", "<NA>", "NaN", "-NaN", "NaT", "None", "NULL"]
_OPTION = "--memory-gb"
_CELL = 8  # bytes that a cell takes in memory at least


def read_file(
    path: Path, *, texts: Collection[str], numbers: Collection[str], memory_gb: float = MEMORY_GB
) -> pd.DataFrame:
    """Read a table from a file, its values unchanged.

    Parameters
    ----------
    path : Path
        Parquet if the name ends in ``.parquet``, else text.
    texts, numbers : collection of str
        Columns of a text file that are text, and those in which words may mark a missing number.
    memory_gb : float
        Memory that the file may need, in GB (10^9 bytes).

    Returns
    -------
    DataFrame
        With ``_line``, a row's line in a text file, or its number from 1 in a parquet file, and ``_file``.

    Raises
    ------
    PredictionError
        If it cannot be read, would need too much memory, or has lines with more cells than there are columns.
    """
    try:
        if path.name.lower().endswith(".parquet"):
            table, first = _parquet(path, memory_gb), 1
        else:
            table, first = _text(path, texts, numbers, memory_gb)
    except FileNotFoundError:
        raise PredictionError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise PredictionError(f"{path.name}: not in UTF-8; save it in UTF-8 or as parquet") from None
    except PredictionError:
        raise
    except RecordError as error:  # from unpacking
        raise PredictionError(str(error).replace("records.memory_gb", _OPTION)) from None
    except Exception as error:  # damaged files raise errors of many kinds
        reraise_machine_error(error)
        why = fault(error, 200)
        raise PredictionError(f"{path.name}: cannot be read ({why}); give a CSV or parquet file") from None
    if _has_row_names(table):
        table = table.reset_index(drop=True)
    if not isinstance(table.index, pd.RangeIndex):  # pandas uses surplus cells as an index
        raise PredictionError(
            f"{path.name}: lines have more cells than the header has columns ({len(table.columns)}); quote cells "
            "that contain a separator, and remove separators at the end of lines"
        )
    return table.assign(_line=np.arange(len(table)) + first, _file=path.name)


def _has_row_names(table: pd.DataFrame) -> bool:
    """Whether lines begin with their number, for which the header has no name, as R writes them."""
    index = table.index
    if isinstance(index, pd.RangeIndex) or not pd.api.types.is_integer_dtype(index.dtype) or table.empty:
        return False
    # A separator at the end of each line moves the cells as well, but leaves the last column empty.
    return bool(np.array_equal(index, np.arange(len(index)) + index[0])) and bool(table.iloc[:, -1].notna().any())


def read_names(path: Path, memory_gb: float = MEMORY_GB) -> list[str]:
    """Names of a table's columns; none of a file that cannot be read, for which `read_file` gives the reason."""
    try:
        if path.name.lower().endswith(".parquet"):
            from pyarrow.parquet import read_schema

            return list(map(str, read_schema(path).names))
        with open_bytes(path, memory_gb) as file:
            return list(map(str, pd.read_csv(file, skipinitialspace=True, nrows=0, **pandas_marks(path))))
    except Exception as error:  # damaged files raise errors of many kinds
        reraise_machine_error(error)
        return []


def _parquet(path: Path, memory_gb: float) -> pd.DataFrame:
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        held = file.metadata
        groups = [held.row_group(group).total_byte_size for group in range(held.num_row_groups)]
        rows, columns = held.num_rows, held.num_columns
        announced = f"{shown_count(rows)} rows of {columns:,} columns"
        # Equal values take no space, so the file's size does not limit the number of rows.
        asked = max(sum(groups), rows * columns * _CELL)
        if reason := why_refused(path.name, announced, asked, memory_gb, option=_OPTION):
            raise PredictionError(reason)
        read = file.read()
    read.validate(full=True)  # invalid text would otherwise fail only where it is used
    table = read.to_pandas()
    return table.reset_index(drop=all(name is None for name in table.index.names))  # a named index becomes columns


def _text(path: Path, texts: Collection[str], numbers: Collection[str], memory_gb: float) -> tuple[pd.DataFrame, int]:
    """The table, and the line of its first row."""
    marks = pandas_marks(path)  # separator, decimal commas, encoding, lines before the names
    with open_bytes(path, memory_gb) as file:
        table = pd.read_csv(
            file,
            skipinitialspace=True,
            low_memory=False,
            dtype=dict.fromkeys(texts, str),  # 007 and 7 are two people
            keep_default_na=False,
            na_values=dict.fromkeys(numbers, _EMPTY),  # NA may be a name
            **marks,
        )
    return table, 2 + marks.get("skiprows", 0)
