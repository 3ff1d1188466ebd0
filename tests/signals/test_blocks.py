"""What is worked on in blocks is, to the bit, what it would be as a whole."""

import numpy as np
import pytest
import scipy.signal

from cuffless.signals import bandpass, equal_runs
from cuffless.signals.beats import _prominent
from cuffless.signals.blocks import VALUES, row_blocks


@pytest.mark.parametrize("n", [1, 20, VALUES - 30, 2 * VALUES + 7])
def test_the_band_pass_is_that_of_scipy(n):
    ppg = np.random.default_rng(n).standard_normal(n).cumsum()
    sections = scipy.signal.butter(4, (0.5, 8.0), "bandpass", fs=125.0, output="sos")
    assert np.array_equal(bandpass(ppg, 125.0), scipy.signal.sosfiltfilt(sections, ppg, padlen=min(27, n - 1)))


@pytest.mark.filterwarnings("ignore::scipy.signal._peak_finding_utils.PeakPropertyWarning")
@pytest.mark.parametrize("step", [0.0, 1.0, 8.0])
def test_peaks_without_ripple_are_those_of_scipy(step):
    rng = np.random.default_rng(0)
    trace = 90 + 20 * np.sin(np.arange(5000) / 17) + 4 * rng.standard_normal(5000)
    trace = np.round(trace / step) * step if step else trace
    peaks, prominence = _prominent(trace, 10.0, 251)
    expected, found = scipy.signal.find_peaks(trace, prominence=10.0, wlen=251)
    assert len(peaks) > 50
    assert np.array_equal(peaks, expected)
    assert np.array_equal(prominence, found["prominences"])


def test_runs_of_equal_samples_cross_blocks():
    trace = np.arange(VALUES + 500.0)
    trace[VALUES - 5 : VALUES + 5] = 0
    assert equal_runs(trace, 10).tolist() == [[VALUES - 5, VALUES + 5]]
    assert equal_runs(trace, 11).tolist() == []


def test_blocks_hold_every_row_once():
    rows = [row for some in row_blocks(1000, 875) for row in range(some.start, some.stop)]
    assert rows == list(range(1000))
    assert list(row_blocks(0, 875)) == []
