import warnings

import pytest

from cuffless.simulator.physiology import simulate_beats, slow_state
from cuffless.simulator.population import random_streams, sample_parameters


@pytest.fixture(scope="session")
def wfdb():
    with warnings.catch_warnings():
        # wfdb 4 uses a pandas argument that pandas 4 will drop; the warning comes with its import.
        warnings.simplefilter("ignore")
        import wfdb
    return wfdb


@pytest.fixture(scope="session")
def haemodynamics():
    """Parameters, slow state and beats of one subject, without its signals."""

    def make(number, *, minutes=8, seed=0, confounding=1.0):
        streams = random_streams(seed, number)
        parameters = sample_parameters(streams["parameters"], confounding=confounding)
        slow = slow_state(parameters, 60 * minutes, streams["slow"], streams["events"])
        return parameters, slow, simulate_beats(parameters, slow, streams["beats"])

    return make
