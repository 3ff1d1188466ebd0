"""Methods from colours or frames to a pulse wave, compared on the same recordings."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from cuffless.camera.errors import RppgError
from cuffless.camera.manifest import VideoRecording
from cuffless.camera.pulse.verdict import AGREE_BPM, Rates
from cuffless.camera.recordings import rates_to_show
from cuffless.camera.skin.trace import Trace
from cuffless.camera.windows.contact import contact_windows
from cuffless.windows import Measures


def rates_row(rates: Rates, contact: Measures | None = None) -> dict:
    """Pulse rates of a recording by one method, in one row.

    Parameters
    ----------
    rates : Rates
    contact : Measures or None
        Windows of contact PPG, as from `contact_windows`.

    Returns
    -------
    dict
        ``method``, ``windows``, ``accepted`` (windows), ``hr_median`` (bpm) and ``snr_median`` (dB) over accepted
        windows, ``snr_threshold`` (dB); with contact PPG also, over the accepted windows during which it has a rate,
        their number ``compared``, the median absolute difference ``hr_off`` (bpm) and the share ``within_5`` of
        differences up to 5 bpm. None without such windows.
    """
    accepted = rates.accepted
    row = {
        "method": rates.method,
        "windows": len(rates),
        "accepted": int(accepted.sum()),
        "hr_median": _median(rates.hr[accepted]),
        "snr_median": _median(rates.snr[accepted]),
        "snr_threshold": rates.threshold,
    }
    if contact is None:
        return row
    theirs = _contact_rates(contact, rates.start[accepted], rates.seconds)
    off = np.abs(rates.hr[accepted] - theirs)
    off = off[np.isfinite(off)]
    share = float(np.mean(off <= AGREE_BPM)) if len(off) else None
    return {**row, "compared": len(off), "hr_off": _median(off), "within_5": share}


def compare_methods(
    recordings: Iterable[VideoRecording], traces: Iterable[Trace | str], methods: Iterable[str]
) -> pd.DataFrame:
    """One row per recording and method.

    Parameters
    ----------
    recordings : iterable of VideoRecording
    traces : iterable of Trace or str
        One per recording; a text is the reason why there is none.
    methods : iterable of str
        Built-in or custom.

    Returns
    -------
    DataFrame
        ``recording``, the columns of `rates_row`, and ``reason``: why no window is accepted, or contact PPG was not
        compared.
    """
    rows = []
    for recording, trace in zip(recordings, traces, strict=True):
        if isinstance(trace, str):
            rows += [{"recording": recording.recording, "method": method, "reason": trace} for method in methods]
            continue
        contact, why = None, ""
        if recording.ppg is not None:
            try:
                contact = contact_windows(recording.ppg, recording.ppg_fs, recording.start_time)
            except RppgError as error:
                why = f"contact PPG not compared: {error}"
        for method in methods:
            rates, reason = rates_to_show(recording.recording, trace, method=method)
            row = rates_row(rates, contact) if rates is not None else {"method": method}
            rows.append({"recording": recording.recording, **row, "reason": reason or why})
    columns = ("windows", "accepted", "hr_median", "snr_median", "snr_threshold", "compared", "hr_off", "within_5")
    return pd.DataFrame(rows, columns=["recording", "method", *columns, "reason"])


def _contact_rates(contact: Measures, start: np.ndarray, seconds: float) -> np.ndarray:
    """Median rate of the contact PPG's windows during each window; NaN where there is none."""
    centre = contact.start + contact.seconds / 2
    during = [contact.hr[(centre >= first) & (centre <= first + seconds)] for first in start]
    return np.array([np.median(hr) if len(hr) else np.nan for hr in during])


def _median(values: np.ndarray) -> float | None:
    return float(np.median(values)) if len(values) else None
