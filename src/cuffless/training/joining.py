"""The prediction tables of all folds of a split as one."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cuffless.errors import CufflessError
from cuffless.files import whole_file


def join_predictions(paths: Sequence[str | Path], path: str | Path, *, split: str) -> None:
    """Write the predictions of all folds as one table, in which each subject is tested once.

    Parameters
    ----------
    paths : sequence of path
        Prediction tables of one network and seed (parquet), in the order of the folds. All rows and columns are kept,
        and the metadata.
    path : path
    split : str
        Name of the split, in place of those of its folds.

    Raises
    ------
    CufflessError
        If the tables differ in columns or metadata, or a subject is tested in two of them.

    Notes
    -----
    A column ``fold`` counts from 1; training and validation rows are those of their fold, so that baselines of a fold
    know no more than its network. Memory holds one fold at a time.
    """
    known: dict[str, str | Path] = {}
    first: pa.Schema | None = None
    with whole_file(path) as part:
        writer: pq.ParquetWriter | None = None
        try:
            for fold, given in enumerate(paths, 1):
                table = pq.read_table(given)
                first = first or table.schema
                if not table.schema.equals(first) or _metadata(table.schema) != _metadata(first):
                    raise CufflessError(
                        f"{given}: its columns ({', '.join(table.schema.names)}), their types or the metadata are not "
                        f"those of {paths[0]}; train the networks of all folds with the same version and options"
                    )
                for subject in _tested(table):
                    if subject in known:
                        raise CufflessError(
                            f"{given}: subject {subject} is also tested in {known[subject]}; sample all folds again "
                            "with the present options"
                        )
                    known[subject] = given
                table = _with_fold(table, split, fold)
                writer = writer or pq.ParquetWriter(part, table.schema)
                writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()


def _metadata(schema: pa.Schema) -> dict[bytes, bytes]:
    """What a table says of itself; the entry `pandas` only names the version that wrote it."""
    return {key: value for key, value in (schema.metadata or {}).items() if key != b"pandas"}


def _tested(table: pa.Table) -> list[str]:
    """Subjects of the test rows."""
    return table.filter(pc.equal(table["subset"], "test"))["subject"].unique().to_pylist()


def _with_fold(table: pa.Table, split: str, fold: int) -> pa.Table:
    column = table.schema.get_field_index("split")
    names = pa.repeat(pa.scalar(split, table.schema.field("split").type), len(table))
    return table.set_column(column, "split", names).append_column("fold", pa.repeat(fold, len(table)))
