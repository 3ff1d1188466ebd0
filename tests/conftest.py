import os

# Before anything counts the cores: threads that wait for each other cost more than these small arrays gain.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(_name, "1")

import time
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from module_files import load_module
from snakemake_at_hand import SnakemakeAtHand

# On a busy machine an example takes as long as it takes.
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")

PROJECT = Path(__file__).resolve().parents[1]
# The first study is made on one worker, meanwhile the other has something else to do.
LONGEST = ("workflow/test_study", "training/", "workflow/test_ordering", "workflow/", "networks/")
SHARED = PROJECT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def project():
    return PROJECT


@pytest.fixture(scope="session")
def shared():
    """Folder of real recordings; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("real recordings (../shared/data) are not here")
    return SHARED


@pytest.fixture
def pulse_signals():
    """Hand-made PPG and ABP of a steady rate: (bpm, seconds, sbp, dbp) -> ppg, abp at 125 Hz."""

    def make(bpm=75.0, seconds=120.0, sbp=120.0, dbp=60.0, fs=125.0):
        phase = np.arange(int(seconds * fs)) / fs * bpm / 60
        wave = np.exp(-0.5 * ((phase % 1 - 0.3) / 0.1) ** 2) + 0.3 * np.exp(-0.5 * ((phase % 1 - 0.6) / 0.12) ** 2)
        low, high = wave.min(), wave.max()
        return wave.copy(), dbp + (sbp - dbp) * (wave - low) / (high - low)

    return make


@pytest.fixture(scope="session")
def physionet():
    """The module of the loopback server, `physionet_server.py`."""
    return load_module(Path(__file__).parent / "records" / "physionet_server.py")


@pytest.fixture
def loopback(monkeypatch):
    """No proxy of this machine between a test and its server."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def snakemake_at_hand():
    """Snakemake in a fork of a process that has imported it: for dry runs, of which there are many."""
    at_hand = SnakemakeAtHand()
    yield at_hand
    at_hand.close()


@pytest.fixture(scope="session")
def wait_until():
    """Wait for what another process does: ``wait_until(condition, what)``; the limit only ends what hangs."""

    def wait(condition, what, hours=0.5):
        end = time.monotonic() + 3600 * hours
        while not (met := condition()):
            assert time.monotonic() < end, f"waited in vain until {what}"
            time.sleep(0.05)
        return met

    return wait


def pytest_collection_modifyitems(items):
    """The longest modules come first, lest one worker waits for the other at the end."""

    def rank(item):
        name = item.path.relative_to(PROJECT / "tests").as_posix()
        return next((k for k, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST))

    items.sort(key=rank)
