"""The pinball loss of quantile outputs, for any module with NumPy's names."""

import numpy as np


def quantile_shares(model) -> np.ndarray | None:
    """Shares of labels below each quantile output, (3, 1) float32; None: the network is trained by the squared error.

    Parameters
    ----------
    model : keras.Model
    """
    from cuffless.networks.quantiles import quantile_level

    level = quantile_level(model)
    if level is None:
        return None
    return np.array([[0.5], [(1 - level) / 2], [(1 + level) / 2]], np.float32)


def pinball(outputs, labels, shares: np.ndarray, xp):
    """Pinball loss of each output, in mmHg.

    Parameters
    ----------
    outputs : (n, 6) array
        Medians, lower limits, upper limits, each of SBP and DBP.
    labels : (n, 2) array
    shares : (3, 1) float32 array
        From `quantile_shares`.
    xp : module
        Of the arrays: has `reshape` and `maximum`.

    Returns
    -------
    (n, 3, 2) array

    Notes
    -----
    Koenker & Bassett 1978: the mean of ``q e`` where the label is above by e, and of ``(q - 1) e`` where it is below,
    is lowest at the quantile q.
    """
    errors = labels[:, None] - xp.reshape(outputs, (-1, len(shares), 2))
    return xp.maximum(shares * errors, (shares - 1) * errors)
