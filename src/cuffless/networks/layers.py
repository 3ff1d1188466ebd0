"""Layers of a built network, as plain data."""

from typing import Any


def describe_layers(model) -> list[dict[str, Any]]:
    """Describe the layers of a built Keras model.

    Parameters
    ----------
    model : keras.Model
        Functional or sequential, built.

    Returns
    -------
    list of dict
        In the model's order: ``name``; ``kind`` (class; of a wrapped layer ``Bidirectional LSTM``);
        ``detail`` (its sizes, in words); ``output`` (shape without the batch); ``units`` (of the layer or its
        wrapped layer, or None); ``parameters`` (with batch-norm statistics); ``inputs`` (names of the
        layers that feed it). JSON-serializable, so that drawing needs no Keras.
    """
    layers = []
    for layer in model.layers:
        inner = getattr(layer, "forward_layer", None)
        config = (inner or layer).get_config()
        kind = type(layer).__name__
        layers.append(
            {
                "name": layer.name,
                "kind": f"{kind} {type(inner).__name__}" if inner else kind,
                "detail": _detail(config, both_ways=inner is not None),
                "output": list(_output(layer).shape[1:]),
                "units": config.get("units", config.get("filters")),
                "parameters": int(layer.count_params()),
                "inputs": _inputs(layer),
            }
        )
    return layers


def _output(layer):
    output = layer.output
    return output[0] if isinstance(output, (list, tuple)) else output


def _inputs(layer) -> list[str]:
    """Names of the layers whose outputs this one takes."""
    names = (tensor._keras_history.operation.name for node in layer._inbound_nodes for tensor in node.input_tensors)
    return list(dict.fromkeys(names))


def _detail(config: dict[str, Any], *, both_ways: bool) -> str:
    """Sizes in words: ``32 filters, kernel 5, stride 1, relu``."""
    parts = []
    if config.get("filters"):
        parts.append(f"{config['filters']} filters")
    if config.get("units"):
        parts.append(f"{'2 × ' if both_ways else ''}{config['units']} units")
    for key, word in (
        ("kernel_size", "kernel"),
        ("pool_size", "pool"),
        ("strides", "stride"),
        ("rate", "rate"),
    ):
        if (value := config.get(key)) is not None:
            parts.append(f"{word} {value[0] if isinstance(value, (list, tuple)) else value}")
    activation = config.get("activation")
    if isinstance(activation, str) and not both_ways and config.get("recurrent_activation") is None:
        parts.append({"relu": "ReLU"}.get(activation, activation))
    return ", ".join(parts)
