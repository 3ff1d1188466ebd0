"""What a built network is said to consist of."""

from cuffless.networks import describe_layers


class _Tensor:
    def __init__(self, shape, layer=None):
        self.shape = shape
        self._keras_history = type("History", (), {"operation": layer})


class _Layer:
    """What `describe_layers` reads of a Keras layer; the real thing is tested with the networks."""

    def __init__(self, name, config, shape, parameters, inputs=(), inner=None):
        self.name, self._config, self._parameters = name, config, parameters
        self.output = _Tensor(shape)
        node = type("Node", (), {"input_tensors": [_Tensor(None, layer) for layer in inputs]})
        self._inbound_nodes = [node]
        if inner:
            self.forward_layer = inner

    def get_config(self):
        return self._config

    def count_params(self):
        return self._parameters


def test_layers_are_described_in_words():
    class Conv1D(_Layer):
        pass

    class Bidirectional(_Layer):
        pass

    class LSTM(_Layer):
        pass

    settings = {"filters": 32, "kernel_size": (5,), "strides": (1,), "activation": "relu"}
    conv = Conv1D("conv", settings, (None, 875, 32), 192)
    cell = LSTM("cell", {"units": 64, "activation": "tanh", "recurrent_activation": "sigmoid"}, None, 0)
    both = Bidirectional("both", {}, (None, 875, 128), 49664, [conv], inner=cell)
    first, second = describe_layers(type("Model", (), {"layers": [conv, both]}))
    assert first["detail"] == "32 filters, kernel 5, stride 1, ReLU"
    assert (second["kind"], second["detail"]) == ("Bidirectional LSTM", "2 × 64 units")
    assert (second["output"], second["inputs"], second["parameters"]) == ([875, 128], ["conv"], 49664)


def test_a_built_keras_model_is_described_from_input_to_output():
    import keras

    inputs = keras.Input((100, 1))
    x = keras.layers.Conv1D(4, 5, activation="relu", name="conv")(inputs)
    x = keras.layers.Bidirectional(keras.layers.LSTM(3), name="memory")(x)
    model = keras.Model(inputs, keras.layers.Dense(2, name="head")(x))
    layers = describe_layers(model)
    assert [layer["kind"] for layer in layers] == ["InputLayer", "Conv1D", "Bidirectional LSTM", "Dense"]
    assert [layer["output"] for layer in layers] == [[100, 1], [96, 4], [6], [2]]
    assert sum(layer["parameters"] for layer in layers) == model.count_params()
    assert layers[3]["inputs"] == ["memory"]
