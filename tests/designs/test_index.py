import numpy as np
import pandas as pd
import pytest

from cuffless.config import SplitOptions
from cuffless.designs import DesignError, sample_split
from cuffless.designs import index as module
from cuffless.designs.index import capped_index, subject_counts


@pytest.fixture
def table():
    """Index of kept windows of three shards; the records of a subject do not stand together."""
    rng = np.random.default_rng(0)
    parts = []
    for shard in range(3):
        for record in rng.permutation(24):
            n = int(rng.integers(0, 40))
            columns = {"record": f"r{shard}{record:02d}", "subject": f"p{shard}{record % 8}", "row": np.arange(n)}
            columns |= {"start": np.arange(n) * 7.0, "seconds": 7.0, "sbp": rng.normal(120, 15, n), "dbp": 60.0}
            parts.append(pd.DataFrame(columns).astype({"row": np.int32}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def file(table, tmp_path, monkeypatch):
    """The same index as a file that is read some hundred rows at a time."""
    monkeypatch.setattr(module, "PIECE_ROWS", 100)
    path = tmp_path / "main.parquet"
    table.to_parquet(path, index=False, row_group_size=37)
    return path


@pytest.mark.parametrize(
    "options",
    [
        {"cap": 30},
        {"cap": 30, "min_windows": 60, "stratify": "sbp"},
        {"cap": 50, "subjects": (10, 5, 5), "windows": (300, 60, 60)},
        {"kind": "mixed", "cap": 70, "mixed_subjects": 9, "windows": (200, 40, 40)},
    ],
)
def test_a_file_read_in_pieces_gives_the_split_of_the_whole_table(table, file, options):
    in_memory, in_pieces = (sample_split(index, SplitOptions(**options)) for index in (table, file))
    pd.testing.assert_frame_equal(in_memory.windows, in_pieces.windows)
    assert in_memory.notes == in_pieces.notes
    assert len(in_memory.windows) > 100


def test_counts_are_those_of_all_pieces(table, file):
    expected = table["subject"].value_counts().sort_index()
    assert subject_counts(file).to_dict() == expected.to_dict()


def test_rows_wait_only_until_their_subject_is_complete(table, tmp_path, monkeypatch):
    """Whole shards stand one after the other, so at no time do rows of all wait."""
    monkeypatch.setattr(module, "PIECE_ROWS", 100)
    path = tmp_path / "main.parquet"
    table.to_parquet(path, index=False, row_group_size=100)
    sizes = []
    real = module.pd.concat
    monkeypatch.setattr(module.pd, "concat", lambda *a, **k: sizes.append(len(joined := real(*a, **k))) or joined)
    drawn = capped_index(path, subject_counts(table), SplitOptions(cap=10**6), [])
    assert len(drawn) == len(table)
    assert max(sizes) < len(table) / 2 + 100


def test_an_index_without_windows_says_that_there_are_too_few_subjects(table, tmp_path):
    path = tmp_path / "main.parquet"
    table.iloc[:0].to_parquet(path, index=False)
    with pytest.raises(DesignError, match="found 0"):
        sample_split(path, SplitOptions())
