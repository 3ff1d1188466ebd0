"""The prediction tables of all folds of a split as one."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cuffless.conformal import METADATA
from cuffless.errors import CufflessError
from cuffless.files import whole_file


def join_predictions(paths: Sequence[str | Path], path: str | Path, *, split: str) -> None:
    """Write the predictions of all folds as one table, in which each subject is tested once.

    Parameters
    ----------
    paths : sequence of path
        Prediction tables of one network and seed (parquet), in the order of the folds. All rows and columns are kept; a
        column that a fold lacks (intervals, if too few people validated) is empty there. Of the metadata, what all
        folds have in common is kept.
    path : path
    split : str
        Name of the split, in place of those of its folds.

    Raises
    ------
    CufflessError
        If columns differ in type, intervals in level, or a subject is tested in two folds.

    Notes
    -----
    A column ``fold`` counts from 1; training and validation rows are those of their fold, so that baselines of a fold
    know no more than its network. Memory holds one fold at a time.
    """
    schema = _common_schema(paths)
    known: dict[str, str | Path] = {}
    with whole_file(path) as part, pq.ParquetWriter(part, schema) as writer:
        for fold, given in enumerate(paths, 1):
            table = pq.read_table(given)
            for subject in table.filter(pc.equal(table["subset"], "test"))["subject"].unique().to_pylist():
                if subject in known:
                    raise CufflessError(
                        f"{given}: subject {subject} is also tested in {known[subject]}; sample all folds again with "
                        "the present options"
                    )
                known[subject] = given
            writer.write_table(_in_fold(table, schema, split, fold))


def _common_schema(paths: Sequence[str | Path]) -> pa.Schema:
    """Columns and metadata of the joined table."""
    schemas = [pq.read_schema(path) for path in paths]
    for path, schema in zip(paths, schemas, strict=True):
        for field in schema:
            if field.name in schemas[0].names and field.type != schemas[0].field(field.name).type:
                raise CufflessError(
                    f"{path}: column {field.name} is {field.type}, but {schemas[0].field(field.name).type} in "
                    f"{paths[0]}; train the networks of all folds with one version"
                )
    facts = [json.loads(schema.metadata[METADATA]) for schema in schemas if METADATA in (schema.metadata or {})]
    levels = {json.dumps(one.get("level")) for one in facts}
    if len(levels) > 1:
        raise CufflessError(
            f"{paths[0]} and the other folds have intervals of different levels ({', '.join(sorted(levels))}); train "
            "the networks of all folds with the same options"
        )
    schema = pa.unify_schemas([one.remove_metadata() for one in schemas]).append(pa.field("fold", pa.int64()))
    return schema.with_metadata({METADATA: json.dumps(_shared(facts))}) if facts else schema


def _shared(facts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Entries that are the same in all folds."""
    return {key: value for key, value in facts[0].items() if all(key in one and one[key] == value for one in facts)}


def _in_fold(table: pa.Table, schema: pa.Schema, split: str, fold: int) -> pa.Table:
    """A fold's rows with the joined table's columns."""
    own = {"split": split, "fold": fold}

    def column(field: pa.Field):
        if field.name in table.schema.names and field.name not in own:
            return table[field.name]
        return pa.repeat(pa.scalar(own.get(field.name), field.type), len(table))

    return pa.table([column(field) for field in schema], schema=schema)
