import pandas as pd
import pytest

from cuffless.config import load_config


@pytest.fixture
def tiny(project):
    """The tiny study: 24 simulated subjects of 4 minutes."""
    return load_config(project / "config" / "tiny.yaml")


@pytest.fixture
def paper(project):
    """The paper's study on the matched MIMIC-III subset."""
    return load_config(project / "config" / "paper.yaml")


@pytest.fixture
def write_records():
    """Write a table of records: write_records(study folder, data set, rows of columns) -> its path."""

    def write(folder, dataset, **columns):
        table = pd.DataFrame(columns)
        defaults = {"identity": "patient", "segments": 1, "sha256": "", "problem": ""}
        table = table.assign(**{name: value for name, value in defaults.items() if name not in table})
        path = folder / "results" / dataset / "records.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(path, index=False)
        return path

    return write
