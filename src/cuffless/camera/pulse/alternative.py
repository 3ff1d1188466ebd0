"""What the whole frame gives where the regions of a face give no pulse."""

from cuffless.camera.errors import RppgError
from cuffless.camera.pulse.channels import rates_by_best_method
from cuffless.camera.pulse.custom import takes_frames
from cuffless.camera.pulse.rates import LEAST_FPS, default_seconds, pulse_rates
from cuffless.camera.pulse.verdict import Rates
from cuffless.camera.skin.trace import Trace

_LEAST_HALF = 10.0
"""Shortest window in seconds that is tried in place of one twice as long."""


def whole_frame_rates(
    whole: Trace | None, *, method: str, seconds: float | None, rate_range: tuple[float, float]
) -> Rates | None:
    """Pulse rates of the whole frame.

    Parameters
    ----------
    whole : Trace or None
        Mean colours of the whole frame; None if they were not taken.
    method : str
        ``auto``, or as for `pulse_rates`.
    seconds : float or None
        Length of a window; None: the longest that the recording has room for.
    rate_range : (float, float)
        Lowest and highest rate in bpm that is accepted.

    Returns
    -------
    Rates or None
        In windows of this length, or of half of it if those are accepted and the longer ones are not; None if no window
        is accepted. They were chosen because the regions gave nothing, so that noise had further chances.
    """
    if whole is None or takes_frames(method) or whole.fps < LEAST_FPS:
        return None
    try:
        lengths = [default_seconds(whole)[0] if seconds is None else seconds]
        if seconds is None and lengths[0] / 2 >= _LEAST_HALF:
            lengths.append(lengths[0] / 2)
        for length in lengths:
            if method == "auto":
                rates, _ = rates_by_best_method(whole, seconds=length, rate_range=rate_range)
            else:
                rates = pulse_rates(whole, method=method, seconds=length, rate_range=rate_range, choices=len(lengths))
            if rates.accepted.any():
                return rates
    except RppgError:
        pass  # that the regions have no pulse is what is reported
    return None
