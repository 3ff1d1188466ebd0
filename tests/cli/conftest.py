import warnings

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cuffless.cli import app
from cuffless.config import MeanOptions, SimulatorOptions, WindowOptions
from cuffless.simulator import simulate_subject

LABEL_MEAN, LABEL_SD = (121.0, 63.0), (15.0, 8.0)
SHORT = WindowOptions(samples_per_beat=25)


@pytest.fixture(scope="session")
def cuffless():
    """Call the command line: cuffless("inspect", path, ...) -> result with exit_code, stdout, stderr."""
    runner = CliRunner()

    def call(*arguments):
        result = runner.invoke(app, [str(argument) for argument in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    with warnings.catch_warnings():
        # wfdb 4 uses a pandas argument that pandas 4 will drop; the warning comes with its import.
        warnings.simplefilter("ignore")
        import wfdb  # noqa: F401  imported for its warning alone
    return call


@pytest.fixture(scope="session")
def simulated():
    """A simulated subject's signals without artefacts, four minutes at 125 Hz."""
    return simulate_subject(3, SimulatorOptions(minutes=4, seed=2, artefacts=False))


@pytest.fixture(scope="session")
def signals_csv(simulated, tmp_path_factory):
    """Both signals of a simulated subject as CSV with a header."""
    path = tmp_path_factory.mktemp("csv") / "subject.csv"
    pd.DataFrame({"ppg": simulated.ppg, "abp": simulated.abp}).to_csv(path, index=False, float_format="%.4f")
    return path


@pytest.fixture(scope="session")
def noisy_csv(simulated, tmp_path_factory):
    """PPG of a simulated subject with a minute of motion in its middle."""
    ppg = simulated.ppg.astype(float).copy()
    middle = slice(90 * 125, 150 * 125)
    ppg[middle] += 8 * ppg.std() * np.cumsum(np.random.default_rng(1).normal(size=60 * 125)) / 20
    path = tmp_path_factory.mktemp("csv") / "noisy.csv"
    pd.DataFrame({"ppg": ppg}).to_csv(path, index=False, float_format="%.4f")
    return path


@pytest.fixture(scope="session")
def save_model(tmp_path_factory):
    """Save a network that was never trained: save_model(windows, samples, more metadata) -> path."""
    from cuffless.networks import build_network, save_network

    def save(windows: WindowOptions | None = SHORT, samples: int | None = None, **more):
        path = tmp_path_factory.mktemp("model") / "model.keras"
        metadata = more if windows is None else {"windows": windows.model_dump(mode="json"), **more}
        shape = (samples or windows.samples, 1)
        model = build_network(MeanOptions(), shape, label_mean=LABEL_MEAN, label_sd=LABEL_SD, metadata=metadata)
        save_network(model, path)
        return path

    return save


@pytest.fixture(scope="session")
def model(save_model):
    """A network that says the mean of its labels, 121/63 mmHg, whatever it sees."""
    return save_model()


@pytest.fixture(scope="session")
def origin():
    """On whom a network was trained and tested, as its file holds it."""
    tested = {"subjects": 39, "windows": 1453, "known": 0, "mae": [14.66, 8.9], "mean_mae": [17.8, 8.6], "held": None}
    return {"dataset": "cohort", "people": "simulated", "subjects": 95, "windows": 3000, "tested": tested}
