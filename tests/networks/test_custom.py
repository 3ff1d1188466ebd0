import sys

import pytest

from cuffless.config import CustomOptions

MODULE = """
import keras


def network(input_shape, options):
    units = options.parameters.get("units", 2)
    heads = options.parameters.get("heads", 1)
    x = inputs = keras.Input(input_shape)
    x = keras.layers.GlobalAveragePooling1D()(x)
    outputs = [keras.layers.Dense(units)(x) for _ in range(heads)]
    return keras.Model(inputs, outputs if heads > 1 else outputs[0])


def sequential(input_shape, options):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(2)])


def nothing(input_shape, options):
    return None


def shorter(input_shape, options):
    return network((10, 1), options)


constant = 3
"""


@pytest.fixture
def own(build, tmp_path, monkeypatch):
    (tmp_path / "own_networks.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_networks", raising=False)

    def make(function, output="pressures", **parameters):
        return build(CustomOptions(architecture=f"own_networks:{function}", output=output, parameters=parameters))

    return make


@pytest.mark.parametrize(
    ("function", "parameters"), [("network", {}), ("network", {"units": 1, "heads": 2}), ("sequential", {})]
)
def test_a_network_of_ones_own_gives_pressures_in_mmhg(own, function, parameters):
    model = own(function, **parameters)
    assert model.output_shape == (None, 2)
    assert model.layers[-1].name == "mmhg"


@pytest.mark.parametrize(
    ("function", "parameters", "message"),
    [
        (
            "network",
            {"units": 3},
            r"own_networks:network gives output \[\(None, 3\)\]; it must give \(None, 2\)",
        ),
        ("nothing", {}, "own_networks:nothing returned NoneType"),
        (
            "shorter",
            {},
            r"own_networks:shorter takes input \[\(None, 10, 1\)\]; it must take \(None, 175, 1\)",
        ),
        ("absent", {}, "has no function 'absent'"),
        ("constant", {}, "has no function 'constant'"),
    ],
)
def test_a_network_that_does_not_fit_is_named(own, function, parameters, message):
    with pytest.raises(ValueError, match=message):
        own(function, **parameters)


def test_a_module_that_is_not_there_is_named(build):
    with pytest.raises(ValueError, match=r"absent_module:network: No module.*working directory or on PYTHONPATH"):
        build(CustomOptions(architecture="absent_module:network"))


def test_quantile_outputs_of_ones_own_network_are_six_units(own):
    assert own("network", output="quantiles", units=6).output_shape == (None, 6)
    for wrong in ({}, {"units": 1, "heads": 2}):
        with pytest.raises(ValueError, match=r"it must give \(None, 6\), six units for output: quantiles"):
            own("network", output="quantiles", **wrong)
