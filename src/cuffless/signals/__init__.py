"""Signal processing on arrays, independent of files."""

from cuffless.signals.beats import PressureBeats, drop_close, find_pulses, pressure_beats
from cuffless.signals.blocks import row_blocks
from cuffless.signals.filters import SETTLING_SECONDS, bandpass, lowpass
from cuffless.signals.impulses import CHUNK_SECONDS, remove_impulses
from cuffless.signals.rates import PULSE_HZ, PulseSearch, lasting_frequency, pulse_candidates, pulse_frequency
from cuffless.signals.repeats import repeat_frequency
from cuffless.signals.resampling import cubic_windows, to_rate
from cuffless.signals.runs import equal_runs, overlaps_runs, true_runs
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
    "lowpass",
    "overlaps_runs",
    "pressure_beats",
    "pulse_candidates",
    "pulse_frequency",
    "remove_impulses",
    "repeat_frequency",
    "row_blocks",
    "signal_to_noise",
    "to_rate",
    "true_runs",
]
