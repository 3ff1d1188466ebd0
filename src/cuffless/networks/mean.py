"""The mean regressor: every window gets the training labels' mean (Schrumpf et al. 2021, section 3.5.2)."""

from keras import layers


def least_length(options) -> int:
    """Any window will do."""
    return 1


def build(inputs, options):
    """Features whose weight in the outputs is fixed at zero, so that only the rescaling's mean remains.

    Parameters
    ----------
    inputs : (batch, length, channels) Keras tensor
    options : MeanOptions

    Returns
    -------
    (batch, channels) Keras tensor
    """
    return layers.GlobalAveragePooling1D(name="average")(inputs)
