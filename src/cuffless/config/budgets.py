"""Sizes of calibration sets. Not in the option models, because code digests ignore those."""

from collections.abc import Sequence


def percent(share: float) -> str:
    """``20 %`` of 0.2."""
    return f"{100 * share:g} %"


def calibration_sizes(
    n_windows: int, windows: Sequence[int], shares: Sequence[float], share: float, largest_share: float
) -> dict[str, int]:
    """Calibration windows of each budget, for a subject of `n_windows`; the largest last.

    Parameters
    ----------
    n_windows : int
    windows, shares : sequences
        Smaller budgets, as numbers of windows and as shares of a subject's.
    share : float
        Share that names the largest budget.
    largest_share : float
        Share of a subject's windows that it holds.

    Returns
    -------
    dict of str to int
        By name: ``5`` for five windows, ``5 %`` for a share of them.
    """
    sizes = {str(n): n for n in windows}
    sizes |= {percent(part): max(1, round(part * n_windows)) for part in shares}
    largest = round(largest_share * n_windows)
    return {**{name: min(n, largest) for name, n in sizes.items()}, percent(share): largest}
