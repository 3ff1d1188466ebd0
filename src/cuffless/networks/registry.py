"""From options to a network: an architecture of `cuffless.architectures`, or a user's own."""

import json
from collections.abc import Mapping

from cuffless.architectures import architecture_module
from cuffless.networks.channels import channel_count
from cuffless.networks.custom import custom_features, output_count


def least_length(options) -> int:
    """Minimum number of samples in a window for a network; 1 for a user's own, which must check for itself."""
    if ":" in options.architecture:
        return 1
    return architecture_module(options).least_length(options)


def build_network(options, input_shape: tuple[int, int], *, label_mean, label_sd, metadata: Mapping | None = None):
    """Build a network that gives SBP and DBP in mmHg.

    Parameters
    ----------
    options : NetworkOptions or MeanOptions
        Options of one network; `architecture` says which.
    input_shape : (length, channels)
        Samples of a window, and 1 channel, or 3 with derivatives.
    label_mean, label_sd : two floats each
        Mean and SD of the training labels (SBP, DBP) in mmHg, by which two linear outputs are rescaled.
    metadata : mapping, optional
        Saved in the model (JSON values): windowing options, derivatives.

    Returns
    -------
    keras.Model
        Input (batch, length, channels), output (batch, 2) in mmHg, not compiled. The linear outputs are the
        layer `head`, the rescaling `mmhg` (fixed, without weights). With quantile outputs (batch, 6): medians, lower
        limits, upper limits, each of SBP and DBP.

    Raises
    ------
    ValueError
        If the window is too short for the network, the channels do not fit `derivatives`, or a user's own function
        fails or returns something other than two outputs.

    Notes
    -----
    Paper, section 3.2: each network ends in two neurons with linear activation.
    """
    import keras

    from cuffless.networks.quantiles import PRESSURES, OrderedQuantiles
    from cuffless.networks.scaling import PressureScaling

    length, channels = input_shape
    derivatives = getattr(options, "derivatives", False)
    if channels != channel_count(derivatives) and options.architecture != "mean":
        raise ValueError(
            f"{options.architecture} with derivatives: {str(derivatives).lower()} takes "
            f"{channel_count(derivatives)} channel(s), got {channels}"
        )
    least = least_length(options)
    if length < least:
        raise ValueError(
            f"{options.architecture} takes windows of at least {least} samples, got {length}: raise "
            "windows.samples_per_beat or windows.length" + (", or lower n_fft" if hasattr(options, "n_fft") else "")
        )
    if ":" in options.architecture:
        inputs, outputs = custom_features(options, (length, channels))
    else:
        inputs = keras.Input((length, channels), name="ppg")
        features = architecture_module(options).build(inputs, options)
        trainable = options.architecture != "mean"
        initializer = "glorot_uniform" if trainable else "zeros"
        head = keras.layers.Dense(
            output_count(options), kernel_initializer=initializer, trainable=trainable, name="head"
        )
        outputs = head(features)
    if output_count(options) > PRESSURES:
        outputs = OrderedQuantiles(options.intervals.level, name="quantiles", dtype="float32")(outputs)
    text = json.dumps(dict(metadata or {}), sort_keys=True)
    outputs = PressureScaling(label_mean, label_sd, text, name="mmhg", dtype="float32")(outputs)
    return keras.Model(inputs, outputs, name=options.architecture.split(":")[-1])
