import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

PROJECT = Path(__file__).resolve().parents[1]
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
    path = Path(__file__).parent / "records" / "physionet_server.py"
    spec = importlib.util.spec_from_file_location("physionet_server", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def loopback(monkeypatch):
    """No proxy of this machine between a test and its server."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
