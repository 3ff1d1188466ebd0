"""Commands that write into one folder at once, as jobs of a cluster do."""

import pandas as pd
import pytest
from forks import in_forks

COMMAND = """
import sys
import cuffless.figures.study.inspection, cuffless.report.judgement.folder
from cuffless.cli import app

def work(which):
    app(sys.argv[1:])
"""


@pytest.fixture
def table(tmp_path):
    rows = [(f"p{k:02d}", 10.0 * j, 100 + 5 * k + j % 3, 60 + 2 * k + j % 2) for k in range(8) for j in range(4)]
    table = pd.DataFrame(rows, columns=["subject", "start", "sbp_ref", "dbp_ref"])
    table.assign(seconds=7.0, sbp=table["sbp_ref"] + 5, dbp=table["dbp_ref"] - 3).to_csv(
        tmp_path / "t.csv", index=False
    )
    return tmp_path / "t.csv"


def files(folder):
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def test_judgements_into_one_folder_all_end_well(table, tmp_path):
    call = ("judge", table, "--bootstrap", 400, "--output")
    assert in_forks(1, COMMAND, *call, tmp_path / "alone") == [0]
    assert in_forks(4, COMMAND, *call, tmp_path / "together") == [0] * 4
    alone, together = files(tmp_path / "alone"), files(tmp_path / "together")
    assert set(alone) == set(together)
    for name in alone:
        assert name == "judgement.html" or alone[name].read_bytes() == together[name].read_bytes(), name


def test_drawings_of_one_name_all_end_well(signals_csv, tmp_path):
    picture = tmp_path / "drawn" / "a.png"
    assert in_forks(4, COMMAND, "inspect", signals_csv, "--fs", 125, "--plot", picture) == [0] * 4
    assert list(files(picture.parent)) == ["a.png"]
