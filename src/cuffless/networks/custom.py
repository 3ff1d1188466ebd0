"""A user's own network, named `module:function` in the configuration."""

import importlib
import re
import sys
from pathlib import Path

from cuffless.errors import describe_error, shortened

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_LONGEST = 200  # characters


def check_name(architecture: str) -> str:
    """Return a network's name if it is ``module:function``.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if len(architecture) > _LONGEST or not _NAME.fullmatch(architecture):
        raise ValueError(
            f"network {shortened(architecture)!r} is not module:function, e.g. my_network:build; the module lies "
            "in the working directory or on PYTHONPATH"
        )
    return architecture


def custom_function(architecture: str):
    """Import a user's network function.

    Parameters
    ----------
    architecture : str
        ``module:function``; the module lies in the working directory or on PYTHONPATH.

    Raises
    ------
    ValueError
        If it is not ``module:function``, or the module cannot be imported, fails during import or lacks the function.
    """
    module_name, function_name = check_name(architecture).split(":")
    here = str(Path.cwd())
    if here not in sys.path:  # when a workflow runs a script, the script's folder is there instead
        sys.path.append(here)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ValueError(
            f"network {architecture}: {error}; put {module_name.partition('.')[0]} into the working "
            "directory or on PYTHONPATH"
        ) from error
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # a module may do anything
        why = describe_error(error, 120)
        raise ValueError(f"network {architecture}: importing its module fails ({why}); correct it") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        held = getattr(module, "__file__", None) or module_name
        raise ValueError(f"network {architecture}: {held} has no function {function_name!r}")
    return function


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
