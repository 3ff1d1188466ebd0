"""Networks as files, and what they predict."""

import json
import re
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from cuffless.files import whole_file
from cuffless.networks.channels import channel_count, input_channels


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


def load_network(path: str | Path):
    """Read a network from a `.keras` file.

    Parameters
    ----------
    path : str or Path
        Of a user's own network the module that built it is imported first, so that its layers are known; it must
        be found as at training time.

    Returns
    -------
    model : keras.Model
        Not compiled.
    metadata : dict
        What was saved with it (`derivatives`, `windows`, ...); empty for a model from elsewhere.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a Keras 3 file, or holds code (Lambda layers) or layers that are unknown.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such model file")
    if path.suffix != ".keras" or not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not a Keras model; save one with model.save('name.keras') under Keras 3")
    _import_builder(path)
    import keras

    from cuffless.networks import scaling, slapnicar  # noqa: F401  registers the layers that a file may name

    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises what the file's content provokes
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(
            f"{path} cannot be loaded as a Keras model: {reason} (layers of your own must be registered "
            "and their module imported; Lambda layers are not taken)"
        ) from error
    return model, _metadata(model)


def _import_builder(path: Path) -> None:
    """Import the module that built a user's own network, if the file names one that is to be found."""
    from cuffless.networks.custom import custom_function

    with zipfile.ZipFile(path) as archive:
        text = archive.read("config.json").decode() if "config.json" in archive.namelist() else ""
    named = re.search(r'\\"architecture\\": \\"([\w.]+:\w+)\\"', text)
    if named:
        with suppress(ValueError):  # then Keras says which layer it does not know
            custom_function(named.group(1))


def _metadata(model) -> dict:
    from cuffless.networks.scaling import PressureScaling

    for layer in reversed(getattr(model, "layers", [])):
        if isinstance(layer, PressureScaling):
            return json.loads(layer.metadata)
    return {}


def predict_pressures(model, ppg, *, derivatives: bool, batch_size: int = 512):
    """Predict SBP and DBP of PPG windows.

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
    (n, 2) float32 array
        SBP and DBP in mmHg.

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
    predicted = np.empty((len(ppg), 2), np.float32)
    for start in range(0, len(ppg), batch_size):
        batch = ppg[start : start + batch_size]
        if not np.isfinite(batch).all():
            raise ValueError(f"windows {start} to {start + len(batch) - 1} hold samples that are not finite")
        x = input_channels(batch, derivatives)
        if start and len(x) < batch_size:  # one shape, so that TensorFlow traces once
            x = np.concatenate([x, np.zeros((batch_size - len(x), *x.shape[1:]), np.float32)])
        predicted[start : start + len(batch)] = np.asarray(model.predict_on_batch(x))[: len(batch)]
    return predicted
