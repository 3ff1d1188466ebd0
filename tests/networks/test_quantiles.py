"""Quantile outputs: ordered whatever the network gives, and medians alone where a network is fine-tuned."""

import numpy as np
import pytest

from cuffless.config import AlexNetOptions, IntervalOptions
from cuffless.networks import build_network, input_channels, predict_outputs
from cuffless.networks.quantiles import OrderedQuantiles, quantile_level, without_limits
from cuffless.training.backends.loss import pinball, quantile_shares

MEAN, SD = (120.0, 62.0), (15.0, 8.0)


@pytest.fixture(scope="module")
def network():
    """A network with quantile outputs at 80 %."""
    options = AlexNetOptions(width=0.02, output="quantiles", intervals=IntervalOptions(level=0.8))
    return build_network(options, (175, 1), label_mean=MEAN, label_sd=SD)


def test_limits_lie_on_either_side_of_the_median_whatever_the_inputs():
    inputs = np.random.default_rng(0).normal(0, 30, (200, 6)).astype(np.float32)
    median, lower, upper = np.split(np.asarray(OrderedQuantiles(0.9)(inputs)), 3, axis=1)
    np.testing.assert_array_equal(median, inputs[:, :2])
    assert (lower <= median).all()
    assert (median <= upper).all()


def test_each_pair_of_outputs_is_scaled_as_the_labels_are(network, windows):
    import keras

    ordered = keras.Model(network.input, network.get_layer("quantiles").output)
    x = input_channels(windows, False)
    linear, mmhg = (np.asarray(model(x, training=False)) for model in (ordered, network))
    np.testing.assert_allclose(mmhg, linear * np.tile(SD, 3) + np.tile(MEAN, 3), rtol=1e-5)


def test_a_network_of_pressures_has_no_level(network):
    plain = build_network(AlexNetOptions(width=0.02), (175, 1), label_mean=MEAN, label_sd=SD)
    assert quantile_level(network) == 0.8
    assert quantile_level(plain) is None
    assert without_limits(plain) is plain
    assert quantile_shares(plain) is None
    np.testing.assert_allclose(quantile_shares(network).ravel(), [0.5, 0.1, 0.9], rtol=1e-6)


def test_without_limits_the_medians_are_left(network, windows):
    outputs = predict_outputs(network, windows, derivatives=False)
    medians = without_limits(network)
    assert medians.output_shape == (None, 2)
    assert quantile_level(medians) is None  # so it is fine-tuned by the squared error
    np.testing.assert_allclose(predict_outputs(medians, windows, derivatives=False), outputs[:, :2], rtol=1e-6)


def test_the_pinball_loss_is_lowest_at_the_quantiles():
    labels = np.random.default_rng(1).normal(MEAN, SD, (20_000, 2))
    shares = np.array([[0.5], [0.05], [0.95]])
    best = np.quantile(labels, shares[:, 0], axis=0)

    def loss(outputs):
        return pinball(np.tile(outputs.ravel(), (len(labels), 1)), labels, shares, np).mean(axis=0)

    for shift in (-2, 2):
        assert (loss(best) < loss(best + shift)).all()


@pytest.mark.parametrize("level", [0, 1, 1.5, float("nan")])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        OrderedQuantiles(level)
