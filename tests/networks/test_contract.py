"""What every architecture keeps to, in each variant."""

from functools import cache

import numpy as np
import pytest
from small_networks import SMALL

from cuffless.architectures.inceptiontime import InceptionTimeOptions
from cuffless.architectures.xresnet1d50 import XResNet1d50Options
from cuffless.config import AlexNetOptions, LstmOptions, MeanOptions, ResNetOptions, SlapnicarOptions
from cuffless.networks import input_channels, least_length, load_network, predict_pressures, save_network
from cuffless.training.backends import current_module

# TensorFlow's variables lack NumPy 2's `copy` argument; Keras stumbles over it when it saves them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

every_network = pytest.mark.parametrize("options", SMALL.values(), ids=SMALL.keys())


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        (AlexNetOptions(variant="code"), 54_607_234),
        (ResNetOptions(), 16_070_786),
        (SlapnicarOptions(), 274_387),
        (LstmOptions(), 198_466),
        (LstmOptions(variant="code"), 987_138),
        (XResNet1d50Options(), 900_770),
        (InceptionTimeOptions(), 422_498),
    ],
    ids=["alexnet", "resnet", "slapnicar", "lstm-paper", "lstm-code", "xresnet1d50", "inceptiontime"],
)
def test_full_networks_have_the_published_number_of_parameters(build, options, parameters):
    assert build(options, length=875).count_params() == parameters


@pytest.fixture(scope="module")
def built(build):
    """Networks that are built once for all that look at them: built(options)."""
    return cache(build)


@every_network
def test_outputs_are_the_linear_head_in_mmhg_by_a_fixed_scale(built, windows, options):
    import keras

    model = built(options)
    x = input_channels(windows, False)
    pressures = model(x, training=False).numpy()
    linear = keras.Model(model.input, model.get_layer("head").output)(x, training=False).numpy()
    assert pressures.shape == (16, 2)
    assert pressures.dtype == np.float32
    np.testing.assert_allclose(pressures, linear * [15, 8] + [120, 62], rtol=1e-5)
    assert model.get_layer("mmhg").count_params() == 0
    assert model.get_layer("head").activation is keras.activations.linear


@every_network
def test_a_network_read_back_predicts_the_same_and_knows_its_windows(build, windows, options, tmp_path):
    facts = {"windows": {"length": 7, "cropping": "beats"}, "derivatives": False}
    model = build(options, metadata=facts)
    save_network(model, tmp_path / "model.keras")
    again, metadata = load_network(tmp_path / "model.keras")
    x = input_channels(windows, False)
    np.testing.assert_array_equal(again([x], training=False), model(x, training=False))
    assert metadata == facts
    assert again.count_params() == model.count_params()


@every_network
def test_every_weight_is_reached_by_a_finite_gradient(build, windows, options):
    model = build(options)
    before = model.get_weights()
    labels = np.tile(np.float32([150, 50]), (16, 1))
    engine = current_module().Engine(model, 0.01)
    for _ in range(2):  # a normalization that starts at zero hides what is before it from the first step
        engine.train([input_channels(windows, False)], labels, np.arange(16), 16)
    for variable, start, end in zip(model.weights, before, model.get_weights(), strict=True):
        assert np.isfinite(end).all(), variable.path
        assert not np.array_equal(start, end) or variable not in model.trainable_variables, variable.path


@every_network
def test_each_derivative_reaches_the_output(build, windows, options):
    model = build(options.model_copy(update={"derivatives": True}))
    x = input_channels(windows, True)
    usual = model(x, training=False)
    for channel in (1, 2):
        changed = x.copy()
        changed[:, :, channel] = np.roll(changed[:, :, channel], 7, axis=1) + 0.5
        assert np.abs(model(changed, training=False) - usual).max() > 1e-4, channel


@every_network
def test_a_network_takes_its_least_length_and_refuses_less(build, options):
    least = least_length(options)
    assert build(options, length=least).output_shape == (None, 2)
    with pytest.raises(ValueError, match=rf"at least {least} samples, got {least - 1}: raise windows"):
        build(options, length=least - 1)


@every_network
def test_width_scales_the_layers_but_not_the_outputs(build, built, options):
    wide = build(options.model_copy(update={"width": 2 * options.width}))
    assert wide.count_params() > 2 * built(options).count_params()
    assert wide.output_shape == (None, 2)


def test_the_spectrogram_sets_slapnicars_least_length():
    assert least_length(SlapnicarOptions()) == 64
    assert least_length(SlapnicarOptions(n_fft=8, pool_stride=2)) == 16


def test_batch_norm_momentum_and_dropout_are_the_options(build):
    import keras

    options = AlexNetOptions(width=0.02, dropout=0.2, batch_norm_momentum=0.8)
    layers = build(options).layers
    assert {layer.momentum for layer in layers if isinstance(layer, keras.layers.BatchNormalization)} == {0.8}
    assert [layer.rate for layer in layers if isinstance(layer, keras.layers.Dropout)] == [0.2, 0.2]


def test_alexnet_variants_differ_in_the_place_of_pooling_alone(build):
    def names(variant):
        return [layer.name for layer in build(AlexNetOptions(width=0.02, variant=variant)).layers]

    assert sorted(names("paper")) == sorted(names("code"))
    assert names("paper").index("pool1") > names("paper").index("norm1")
    assert names("code").index("pool1") < names("code").index("relu1")


def test_the_mean_regressor_always_predicts_the_mean(build, windows):
    model = build(MeanOptions())
    np.testing.assert_array_equal(
        predict_pressures(model, windows, derivatives=False), np.tile(np.float32([120, 62]), (16, 1))
    )
    assert not model.trainable_variables


def test_channels_that_do_not_fit_the_derivatives_are_refused():
    from cuffless.networks import build_network

    with pytest.raises(ValueError, match=r"derivatives: true takes 3 channel\(s\), got 1"):
        build_network(LstmOptions(derivatives=True), (175, 1), label_mean=(1, 1), label_sd=(1, 1))


@pytest.mark.parametrize(("mean", "sd"), [((120, 60), (0, 8)), ((np.nan, 60), (15, 8)), ((120,), (15, 8))])
def test_labels_without_spread_cannot_scale_a_network(mean, sd):
    from cuffless.networks import build_network

    with pytest.raises(ValueError, match="labels'"):
        build_network(MeanOptions(), (175, 1), label_mean=mean, label_sd=sd)
