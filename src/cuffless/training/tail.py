"""A network cut in two: a frozen trunk, whose features are computed once, and a tail that is trained."""

from collections import Counter

import numpy as np

from cuffless.networks import input_channels
from cuffless.networks.files import run_batch
from cuffless.networks.kernels import fused_kernels

FEATURE_BATCH = 256
"""Windows per batch; every batch is filled up to as many rows, so that it is compiled once."""
_LAST = 7


class Tail:
    """The part of a network that personalization may change, and the features that it is fed with.

    Parameters
    ----------
    model : keras.Model
        Gives SBP and DBP in mmHg; functional. Of quantile outputs only the medians are fine-tuned. It shares its
        weights with the tail, whose `reset` restores them.
    layers : {"heads", "dense", "all", "last7"}
        Layers that train; see `trained_layers`.
    derivatives : bool
        Whether the network takes derivative channels.

    Attributes
    ----------
    model : keras.Model
        From features to pressures; only layers that train are trainable.
    trained : list of str
        Names of the layers that train and have weights.
    trained_share : float
        Their share of all the network's weights.

    Raises
    ------
    ValueError
        If no layer with weights is left to train, as in the mean regressor, or the network cannot be cut there.
    """

    def __init__(self, model, layers: str, *, derivatives: bool):
        import keras

        from cuffless.networks.quantiles import without_limits

        model = keras.Model(model.inputs, model.outputs, name=model.name)  # one form, sequential or functional
        model = without_limits(model)  # which no longer hold once the network has changed
        chosen = trained_layers(model, layers)
        for layer in model.layers:
            layer.trainable = layer.trainable and layer in chosen
        if layers != "last7":
            for layer in model._flatten_layers(include_self=False):  # inside nested models, too
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.trainable = False
        self.trained = [layer.name for layer in model.layers if layer.trainable_weights]
        if not self.trained:
            raise ValueError(f"{model.name}: layers: {layers} leaves no weights to train; name a network that has some")
        self.trained_share = _count(model.trainable_weights) / model.count_params()
        trained = [layer for layer in chosen if layer.trainable]
        boundary = list(model.inputs) if layers == "all" else _boundary(model, trained)
        self._trunk = keras.Model(model.inputs, boundary)
        self.model = keras.Model(boundary, model.outputs)
        self._derivatives = derivatives
        self._start = self.model.get_weights()

    def features(self, ppg: np.ndarray) -> list[np.ndarray]:
        """Outputs of the trunk for windows.

        Parameters
        ----------
        ppg : (n, length) float array
            Windows of zero mean and unit variance.

        Returns
        -------
        list of (n, ...) float32 arrays
            One per input of the tail.
        """
        return _in_batches(self._trunk, [input_channels(ppg, self._derivatives)])

    def pressures(self, features: list[np.ndarray]) -> np.ndarray:
        """SBP and DBP in mmHg, (n, 2), with the tail's present weights."""
        return _in_batches(self.model, features)[0]

    def reset(self) -> None:
        """Restore the network's original weights."""
        self.model.set_weights(self._start)


def trained_layers(model, layers: str) -> list:
    """Layers of a network that train, chosen by kind and not by number.

    Parameters
    ----------
    model : keras.Model
    layers : {"heads", "dense", "all", "last7"}
        `heads`: the layers with weights that the outputs are read from. `dense`: these, and the dense layers that lead
        to them through layers without weights. `last7`: the last seven as Keras lists them, as the code released by
        Schrumpf et al. (2021) does; how much of a network that is depends on its architecture.

    Returns
    -------
    list of layers
    """
    import keras

    if layers == "all":
        return list(model.layers)
    if layers == "last7":
        return model.layers[-_LAST:]
    _require_plain(model, layers)
    found: dict = {}
    paths = [(tensor._keras_history.operation, False) for tensor in model.outputs]
    while paths:  # from the outputs backwards: the first weights on each path are a head's
        operation, below_head = paths.pop()
        weighted = bool(getattr(operation, "weights", ()))
        if weighted and below_head and not isinstance(operation, keras.layers.Dense):
            continue
        if weighted:
            found[operation] = None
            if layers == "heads":
                continue
        paths += [(before, below_head or weighted) for before in _feeding(operation)]
    if nested := [layer.name for layer in found if getattr(layer, "layers", None)]:
        raise ValueError(
            f"{model.name}: its {layers} lie inside its nested model {nested[0]!r}; set layers: all, or build the "
            "network of layers"
        )
    return [layer for layer in model.layers if layer in found]


def _require_plain(model, layers: str) -> None:
    """Refuse to look for heads if a layer is used in several places of a network."""
    calls = Counter(node.operation for nodes in model._nodes_by_depth.values() for node in nodes)
    for operation, n in calls.items():
        if n > 1:
            raise ValueError(
                f"{model.name}: its layer {operation.name!r} is called more than once, so its {layers} are "
                "ambiguous; set layers: all"
            )


def _feeding(operation) -> list:
    """Operations whose outputs an operation takes in its network."""
    node = operation._inbound_nodes[0] if operation._inbound_nodes else None
    return [tensor._keras_history.operation for tensor in node.input_tensors] if node else []


def _boundary(model, trained) -> list:
    """Tensors that lead from what never changes into the layers that train, or into what follows these."""
    changing: set = set()
    boundary: list = []
    inputs = {id(tensor) for tensor in model.inputs}
    for operation in model.operations:  # each after those that feed it
        if operation in trained or any(before in changing for before in _feeding(operation)):
            changing.add(operation)
    for operation in model.operations:
        if operation not in changing:
            continue
        for tensor in operation._inbound_nodes[0].input_tensors:
            source = tensor._keras_history.operation
            if (id(tensor) in inputs or source not in changing) and all(tensor is not known for known in boundary):
                boundary.append(tensor)
    return boundary


def _count(weights) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)


def _in_batches(model, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Outputs of a model on arrays of rows, in batches of one shape."""
    n, parts = len(arrays[0]), []
    for start in range(0, n, FEATURE_BATCH):
        rows = [array[start : start + FEATURE_BATCH] for array in arrays]
        size = len(rows[0])
        if size < FEATURE_BATCH:
            rows = [np.concatenate([some, np.repeat(some[-1:], FEATURE_BATCH - size, axis=0)]) for some in rows]
        with fused_kernels():
            given = run_batch(model, rows if len(rows) > 1 else rows[0])
        given = given if isinstance(given, (list, tuple)) else [given]
        parts.append([np.asarray(output)[:size] for output in given])
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]
