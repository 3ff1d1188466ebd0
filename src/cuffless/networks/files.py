"""Networks as files, and what they predict."""

import json
import math
import random
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from cuffless.architectures import register_layers
from cuffless.demands import MEMORY_GB, shown_count, why_refused
from cuffless.errors import fault, shortened
from cuffless.files import whole_file
from cuffless.networks.archive import (
    Part,
    architecture_of,
    check_weights,
    encoders_of,
    parts_of,
    read_config,
    reporting,
)
from cuffless.networks.channels import channel_count, input_channels
from cuffless.networks.kernels import fused_kernels
from cuffless.own_code import check_name

_WEIGHT = 4  # bytes
_WRAPPED = ("Exception encountered:", "Error encountered during deserialization:")
"""Text that Keras puts before the message of another error."""


def save_network(model, path: str | Path) -> None:
    """Write a network to a `.keras` file, whole or not at all, without its optimizer.

    Raises
    ------
    ValueError
        If the name does not end in ``.keras``.
    OSError
        If it cannot be written.
    """
    import keras

    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"{path}: networks are saved as .keras files")
    bare = keras.Model(model.inputs, model.outputs, name=model.name)  # the same layers, not compiled
    with whole_file(path) as part:
        bare.save(part)


def load_network(path: str | Path, own: Iterable[str] = (), *, memory_gb: float = MEMORY_GB):
    """Read a network from a `.keras` file.

    Parameters
    ----------
    path : str or Path
    own : iterable of str
        Architectures whose code may be imported, as the user names them: ``module:function``, found as at training
        time. It is imported if the file needs code other than Keras's own; names without a colon are ignored.
    memory_gb : float
        Most GB (10^9 bytes) that the file may ask for.

    Returns
    -------
    model : keras.Model
        Not compiled.
    metadata : dict
        Metadata saved with it (`derivatives`, `windows`, ...); empty for other models.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a Keras 3 file, is damaged, contains code (Lambda layers), needs modules that were not named, or
        announces more than it holds or than fits in memory.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such model file")
    if path.suffix != ".keras" or not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not a Keras model; save one with model.save('name.keras') under Keras 3")
    config = read_config(path, memory_gb)
    held = check_weights(path, memory_gb)
    import keras

    from cuffless.networks import quantiles, scaling  # noqa: F401  registers the layers that files name

    register_layers()
    own = [name for name in own if ":" in name]
    _know_encoder(path, config, own)
    _know_parts(path, config, own)
    try:
        n = _announced(config)
        reason = why_refused(path, f"{shown_count(n)} weights", n * _WEIGHT, memory_gb, held)
        model = None if reason else keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises what the file's content provokes
        raise ValueError(
            f"{path} cannot be loaded as a Keras model: {_cause(error)} (layers of your own must be registered "
            "and their module named; Lambda layers are not accepted)"
        ) from error
    if reason:
        raise ValueError(reason)
    return model, _metadata(path, model)


def add_metadata(model, **values) -> None:
    """Add JSON values to the metadata that are saved with a network of `build_network`."""
    layer = _scaling_layer(model)
    layer.metadata = json.dumps({**json.loads(layer.metadata), **values}, sort_keys=True)


def _cause(error: BaseException) -> str:
    """The first error: Keras wraps it in errors of its own, which quote the whole configuration."""
    while any(word in str(error) for word in _WRAPPED) and (inner := error.__cause__ or error.__context__):
        error = inner
    unknown = str(error).startswith("Could not locate")  # a TypeError of Keras's own
    return shortened(error, 200) if unknown else fault(error, 200)


def _know_parts(path: Path, config: dict, own: list[str]) -> None:
    """Import what the user named until all that the file needs is registered, or refuse the file.

    Keras looks up what is not its own by registered name, whatever module the file gives, but also imports packages.
    """
    import keras

    from cuffless.own_code import custom_function

    def unknown() -> list[Part]:
        registered = keras.saving.get_custom_objects()
        return [part for part in parts if not part.own and part.registered not in registered]

    parts, built = parts_of(config), architecture_of(config)
    for name in sorted(own, key=lambda name: name != built):
        if unknown():
            custom_function(name)
    if not (left := unknown()):
        return
    if own:
        raise ValueError(
            f"{path} asks for {left[0]}, which {', '.join(own)} does not register; register it there "
            "(@keras.saving.register_keras_serializable()), or name its module"
        )
    how = built or f"{left[0].module}:FUNCTION"
    try:
        check_name(how)
    except ValueError:
        raise ValueError(
            f"{path} asks for {left[0]}, which is not the name of a module; the file is damaged: save or copy it again"
        ) from None
    raise ValueError(
        f"{path} asks for {left[0]}, and importing a module runs it; if you trust both, name it: --network {how} "
        "(in a study, architecture under networks)"
    )


def _know_encoder(path: Path, config: dict, own: list[str]) -> None:
    """Refuse a file with an encoder that the user has not named: its module is imported and run."""
    from cuffless.architectures.encoder import BUILT_IN

    for encoder in encoders_of(config):
        if encoder not in (*own, *BUILT_IN.values()):
            check_name(encoder)
            raise ValueError(
                f"{path} asks for the encoder {encoder}, and importing a module runs it; if you trust both, name it: "
                f"--network {encoder} (in a study, encoder under networks)"
            )


def _announced(config: dict) -> int:
    """Number of weights in a network's layers, without creating them."""
    import keras

    def count() -> int:
        with keras.StatelessScope(initialize_variables=False):
            weights = keras.saving.deserialize_keras_object({**config, "compile_config": None}).weights
        return sum(math.prod(weight.shape) for weight in weights)

    state = random.getstate()  # Keras draws seeds from it: restored, as if nothing had been counted
    with ThreadPoolExecutor(1) as thread:  # when it ends, Keras forgets the names and weights of layers
        n = thread.submit(count).result()
    random.setstate(state)
    return n


def _metadata(path: Path, model) -> dict:
    layer = _scaling_layer(model)
    if layer is None:
        return {}
    with reporting(path):
        return dict(json.loads(layer.metadata))


def _scaling_layer(model):
    from cuffless.networks.scaling import PressureScaling

    layers = reversed(getattr(model, "layers", []))
    return next((layer for layer in layers if isinstance(layer, PressureScaling)), None)


def run_batch(model, x):
    """Outputs for a batch: by one compiled program, unless the network holds an encoder, which is not compiled."""
    compiled = not any(hasattr(layer, "encoder") for layer in model.layers)
    if compiled:
        return model.predict_on_batch(x)
    listed = isinstance(model.input, list) and not isinstance(x, list)
    return model([x] if listed else x, training=False)


def predict_pressures(model, ppg, *, derivatives: bool, batch_size: int = 512):
    """Predict SBP and DBP of PPG windows: the first two columns of `predict_outputs`, whose parameters it takes.

    Returns
    -------
    (n, 2) float32 array
        SBP and DBP in mmHg.
    """
    return predict_outputs(model, ppg, derivatives=derivatives, batch_size=batch_size)[:, :2]


def predict_outputs(model, ppg, *, derivatives: bool, batch_size: int = 512):
    """Predict all outputs of a network for PPG windows.

    Parameters
    ----------
    model : keras.Model
    ppg : (n, length) float array
        Windows of zero mean and unit variance, 16 or 32 bits.
    derivatives : bool
        Whether the network takes the derivatives as well.
    batch_size : int
        Windows at a time.

    Returns
    -------
    (n, 2 or 6) float32 array
        SBP and DBP in mmHg; of a network with quantile outputs also their lower, then their upper limits.

    Raises
    ------
    ValueError
        If the windows' length or channels are not the network's, or a sample is not finite.
    """
    ppg = np.asarray(ppg)
    expected = tuple(model.input_shape[1:])
    if ppg.ndim != 2 or (ppg.shape[1], channel_count(derivatives)) != expected:
        raise ValueError(
            f"the network takes windows of shape {expected} (samples, channels), got windows {ppg.shape[1:]} "
            f"with {channel_count(derivatives)} channel(s): cut or resample them to its length, and set "
            "derivatives as trained"
        )
    predicted = np.empty((len(ppg), model.output_shape[-1]), np.float32)
    for start in range(0, len(ppg), batch_size):
        batch = ppg[start : start + batch_size]
        if not np.isfinite(batch).all():
            raise ValueError(f"windows {start} to {start + len(batch) - 1} contain samples that are not finite")
        x = input_channels(batch, derivatives)
        if start and len(x) < batch_size:  # one shape, so that it is compiled once
            x = np.concatenate([x, np.zeros((batch_size - len(x), *x.shape[1:]), np.float32)])
        with fused_kernels():
            predicted[start : start + len(batch)] = np.asarray(run_batch(model, x))[: len(batch)]
    return predicted
