"""What a model file may ask for: code that nobody named, more memory than there is, bytes that are not there."""

import io
import json
import random
import re
import sys
import warnings
import zipfile

import h5py
import numpy as np
import pytest

from cuffless.networks import load_network
from cuffless.networks.archive import reporting
from cuffless.own_code import custom_function

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

MODULE = """
import keras
import pathlib

pathlib.Path("imported").touch()


@keras.saving.register_keras_serializable(package="{module}")
class Doubled(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs


def build(input_shape, options):
    inputs = keras.Input(input_shape)
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(Doubled()(inputs))))
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A network of Keras's own layers, and its description."""
    import keras

    path = tmp_path_factory.mktemp("plain") / "model.keras"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        keras.Sequential([keras.Input((50, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]).save(path)
    return path


@pytest.fixture
def changed(plain, tmp_path):
    """Write the network again, with other members: changed(change the description, or members by name) -> path."""

    def write(change=None, **members):
        path = tmp_path / "changed.keras"
        with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                content = members.get(name.partition(".")[0], old.read(name))
                if name == "config.json" and change:
                    config = json.loads(content)
                    change(config)
                    content = json.dumps(config)
                if content is not None:
                    new.writestr(name, content)
        return path

    return write


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working directory, from which modules are imported; none is known from another test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return tmp_path


def dense(config):
    return config["config"]["layers"][-1]


def own_network(folder, module):
    """A network with a layer of its own; what its module has registered is forgotten."""
    import keras

    (folder / f"{module}.py").write_text(MODULE.format(module=module))
    model = custom_function(f"{module}:build")((50, 1), None)
    model.save(folder / "own.keras")
    (folder / "imported").unlink()
    keras.saving.get_custom_objects().pop(f"{module}>Doubled")
    del sys.modules[module]
    return folder / "own.keras"


NO_MODULES = ("", "..flagged", "flagged" * 150, 5, "flagged\x1b[31m", "x y")


@pytest.mark.parametrize("module", ["flagged", "keras_hub.layers", "kerasx", *NO_MODULES])
def test_a_file_does_not_choose_what_is_imported(changed, here, module):
    (here / "flagged.py").write_text("import pathlib\npathlib.Path('imported').touch()\n")
    path = changed(lambda config: dense(config).update(module=module, class_name="Odd", registered_name="odd>Odd"))
    said = "which is not the name of a module" if module in NO_MODULES else f"--network {re.escape(module)}:FUNCTION"
    with pytest.raises(ValueError, match=rf"changed\.keras asks for Odd of module .*{said}") as refused:
        load_network(path)
    assert not (here / "imported").exists()
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500


def test_a_network_of_ones_own_is_imported_once_it_is_named(here):
    path = own_network(here, "mine_a")
    with pytest.raises(ValueError, match=r"own\.keras asks for Doubled of module 'mine_a'.*--network mine_a:FUNCTION"):
        load_network(path)
    assert not (here / "imported").exists()
    model, _ = load_network(path, ["alexnet", "mine_a:build"])
    assert (here / "imported").exists()
    assert model.output_shape == (None, 2)


def test_a_module_that_does_not_register_what_is_asked_for_is_named(here):
    path = own_network(here, "mine_b")
    (here / "other_b.py").write_text("def build(input_shape, options): ...\n")
    with pytest.raises(ValueError, match=r"asks for Doubled of module 'mine_b', which other_b:build does not register"):
        load_network(path, ["other_b:build"])


def test_nothing_is_imported_for_a_file_that_needs_nothing(build, here):
    from cuffless.config import MeanOptions
    from cuffless.networks import save_network

    (here / "mine_c.py").write_text(MODULE.format(module="mine_c"))
    told = {"network": {"architecture": "mine_c:build"}}
    save_network(build(MeanOptions(), metadata=told), here / "m.keras")
    _, metadata = load_network(here / "m.keras", ["mine_c:build"])
    assert metadata == told
    assert not (here / "imported").exists()


def test_the_function_that_built_a_trained_network_is_what_to_name(build, here):
    import keras

    from cuffless.config import CustomOptions
    from cuffless.networks import save_network

    (here / "mine_d.py").write_text(MODULE.format(module="mine_d"))
    options = CustomOptions(architecture="mine_d:build")
    save_network(build(options, metadata={"network": options.model_dump()}), here / "m.keras")
    keras.saving.get_custom_objects().pop("mine_d>Doubled")
    with pytest.raises(ValueError, match=r"if you trust both, name it: --network mine_d:build \(in a study"):
        load_network(here / "m.keras", ["alexnet"])


@pytest.mark.parametrize("name", ["", ":", "a", "a:", ":b", "..a:b", "a..b:c", "a:b:c", "a b:c", "a" * 1000 + ":b"])
def test_what_is_no_name_of_a_network_is_said(here, name):
    with pytest.raises(ValueError, match=r"^network '.{0,60}' is not module:function, e\.g\. my_network:build"):
        custom_function(name)


@pytest.mark.parametrize("line", ["1 / 0", "raise SystemExit(3)", "x = (", "raise RuntimeError('a\\nb')"])
def test_a_module_that_fails_is_said_in_one_line(here, line):
    (here / "failing.py").write_text(line)
    with pytest.raises(ValueError, match=r"^network failing:build: importing its module fails \(.*\); correct it$"):
        custom_function("failing:build")


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"config": None}, r"it lacks config\.json"),
        ({"model": None}, r"it lacks model\.weights\.h5"),
        ({"config": "{"}, "Expecting property name"),
        ({"config": "[]"}, "does not describe a network"),
        ({"config": b"\xff\xfe\xfd"}, "decode"),
        ({"config": '{"a":' * 100_000 + "1" + "}" * 100_000}, "recursion"),
        ({"model": b"no HDF5"}, "file signature not found"),
    ],
)
def test_damage_is_said_in_one_line(changed, members, why):
    with pytest.raises(ValueError, match=rf"changed\.keras cannot be loaded as a Keras model: .*{why}") as refused:
        load_network(changed(**members))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("how", ["cut in the middle", "other bytes", "bad compression"])
def test_a_damaged_archive_is_said_in_one_line(plain, tmp_path, how):
    path = tmp_path / "damaged.keras"
    data = bytearray(plain.read_bytes())
    with zipfile.ZipFile(plain) as archive:
        at = archive.getinfo("config.json").header_offset + 60
    if how == "cut in the middle":
        del data[at : at + 40]
    elif how == "other bytes":
        data[at : at + 8] = b"\0" * 8
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new, zipfile.ZipFile(plain) as old:
            for name in old.namelist():
                new.writestr(name, old.read(name))
        with zipfile.ZipFile(path) as archive:
            at = archive.getinfo("config.json").header_offset + 60
        data = bytearray(path.read_bytes())
        data[at : at + 200] = b"\xff" * 200
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"damaged\.keras cannot be loaded as a Keras model: .*save or copy it again"):
        load_network(path)


def test_weights_that_a_network_asks_for_are_counted_before_they_are_made(changed):
    path = changed(lambda config: dense(config)["config"].update(units=3 * 10**9))
    with pytest.raises(
        ValueError, match=r"declares 153,000,000,000 weights, which need 612 GB of memory, above the limit"
    ):
        load_network(path)


def test_weights_that_a_file_cannot_hold_are_refused(changed):
    path = changed(lambda config: dense(config)["config"].update(units=2 * 10**6))
    with pytest.raises(ValueError, match=r"declares 102,000,000 weights, which do not fit in its [\d,]+ bytes"):
        load_network(path)


def test_stored_weights_of_a_shape_that_they_cannot_fill_are_refused(changed):
    stored = io.BytesIO()
    with h5py.File(stored, "w") as file:
        file.create_dataset("layers/dense/vars/0", (10**6, 10**3), "f4", chunks=(10, 10))
    with pytest.raises(
        ValueError, match=r"declares /layers/dense/vars/0 of 1,000,000 x 1,000 numbers, which do not fit in its"
    ):
        load_network(changed(model=stored.getvalue()))


def test_how_much_a_file_may_ask_for_can_be_said(plain):
    with pytest.raises(ValueError, match=r"model\.keras: declares [\d,]+ bytes, unpacked.*1e-06 GB \(records\.memory"):
        load_network(plain, memory_gb=1e-6)


def test_counting_weights_leaves_no_trace(plain):
    import keras

    random.seed(1)
    keras.saving.load_model(plain, compile=False)
    expected = random.random()
    random.seed(1)
    model, _ = load_network(plain)
    assert random.random() == expected
    np.testing.assert_array_equal(model.get_weights()[0], keras.saving.load_model(plain).get_weights()[0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"units": -3}, "Received: units=-3"),
        ({"units": 2, "activation": {"class_name": {}, "config": {}}}, "damaged: TypeError unhashable type: 'dict'"),
    ],
)
def test_the_cause_of_a_layer_that_cannot_be_made_is_said(changed, change, said):
    path = changed(lambda config: dense(config)["config"].update(change))
    with pytest.raises(ValueError, match=rf"changed\.keras cannot be loaded as a Keras model: .*{re.escape(said)}"):
        load_network(path)


def test_a_module_that_interrupts_is_said_in_one_line(here):
    (here / "interrupting.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(ValueError, match=r"importing its module fails \(KeyboardInterrupt\); correct it"):
        custom_function("interrupting:build")


@pytest.mark.parametrize(
    "error", [OverflowError("too large"), AttributeError("no attribute"), IndexError("out of range")]
)
def test_whatever_a_damaged_file_raises_names_it(error):
    said = r"m\.keras cannot be loaded as a Keras model: damaged: .*; save or copy it again"
    with pytest.raises(ValueError, match=said), reporting("m.keras"):
        raise error
