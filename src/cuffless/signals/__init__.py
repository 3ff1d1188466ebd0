"""Signal processing on arrays; knows nothing of files."""

from cuffless.signals.beats import PressureBeats, drop_close, find_pulses, pressure_beats
from cuffless.signals.filters import SETTLING_SECONDS, bandpass
from cuffless.signals.impulses import CHUNK_SECONDS, without_impulses
from cuffless.signals.rates import PULSE_HZ, PulseSearch, lasting_frequency, pulse_candidates, pulse_frequency
from cuffless.signals.resampling import cubic_windows, to_rate
from cuffless.signals.runs import equal_runs, touched, true_runs
from cuffless.signals.snr import signal_to_noise

__all__ = [
    "CHUNK_SECONDS",
    "PULSE_HZ",
    "SETTLING_SECONDS",
    "PressureBeats",
    "PulseSearch",
    "bandpass",
    "cubic_windows",
    "drop_close",
    "equal_runs",
    "find_pulses",
    "lasting_frequency",
    "pressure_beats",
    "pulse_candidates",
    "pulse_frequency",
    "signal_to_noise",
    "to_rate",
    "touched",
    "true_runs",
    "without_impulses",
]
