"""A user's own network, named `module:function` in the configuration."""

from cuffless.own_code import custom_function


def output_count(options) -> int:
    """Linear outputs of a network: SBP and DBP, and with ``output: quantiles`` two limits of each, too."""
    return 6 if getattr(options, "output", "pressures") == "quantiles" else 2


def custom_features(options, input_shape: tuple[int, int]):
    """Build a user's network.

    Parameters
    ----------
    options : CustomOptions
        Handed to the function, `parameters` and all.
    input_shape : (length, channels)

    Returns
    -------
    input, output : Keras tensors
        Shapes (batch, length, channels) and (batch, 2); (batch, 6) with ``output: quantiles``.

    Raises
    ------
    ValueError
        If the function returns no functional or sequential Keras model with this input and two outputs
        (one layer of two units, or two of one unit: SBP, DBP); six in one layer with ``output: quantiles``.
    """
    import keras

    name = options.architecture
    model = custom_function(name)(input_shape, options)
    if not (isinstance(model, keras.Model) and getattr(model, "inputs", None) and getattr(model, "outputs", None)):
        raise ValueError(
            f"network {name} returned {type(model).__name__}; it must return a functional or sequential "
            "Keras model that knows its input shape"
        )
    inputs = [tuple(tensor.shape) for tensor in model.inputs]
    if inputs != [(None, *input_shape)]:
        raise ValueError(
            f"network {name} takes input {inputs}; it must take (None, {input_shape[0]}, {input_shape[1]})"
        )
    outputs = [tuple(tensor.shape) for tensor in model.outputs]
    n = output_count(options)
    if outputs == [(None, 1), (None, 1)] and n == 2:
        return model.inputs[0], keras.layers.Concatenate(name="pressures")(model.outputs)
    if outputs != [(None, n)]:
        what = "SBP and DBP" if n == 2 else "six units for output: quantiles"
        raise ValueError(
            f"network {name} gives output {outputs}; it must give (None, {n}), {what}, "
            "from linear units without rescaling"
        )
    return model.inputs[0], model.outputs[0]
