import subprocess
import sys

import numpy as np
import pytest

from cuffless.config import LstmOptions
from cuffless.networks import load_network, predict_pressures, save_network

# TensorFlow's variables lack NumPy 2's `copy` argument; Keras stumbles over it when it saves them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def small(build):
    return build(LstmOptions(width=0.05, input_stride=5))


def test_networks_and_training_are_imported_without_tensorflow():
    code = (
        "import sys, cuffless.networks, cuffless.training; "
        "print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_prediction_does_not_depend_on_the_batches(small, windows):
    whole = predict_pressures(small, windows, derivatives=False)
    parts = predict_pressures(small, windows, derivatives=False, batch_size=5)
    np.testing.assert_allclose(parts, whole, rtol=1e-5)
    assert predict_pressures(small, windows[:0], derivatives=False).shape == (0, 2)


def test_windows_that_the_network_was_not_built_for_are_refused(small, windows):
    with pytest.raises(ValueError, match=r"shape \(175, 1\).*got windows \(170,\).*resample"):
        predict_pressures(small, windows[:, :170], derivatives=False)
    with pytest.raises(ValueError, match=r"with 3 channel\(s\)"):
        predict_pressures(small, windows, derivatives=True)
    broken = windows.copy()
    broken[3, 8] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        predict_pressures(small, broken, derivatives=False)


def test_a_model_from_elsewhere_has_no_metadata(tmp_path):
    import keras

    keras.Sequential([keras.Input((50, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]).save(tmp_path / "my.keras")
    model, metadata = load_network(tmp_path / "my.keras")
    assert metadata == {}
    assert model.output_shape == (None, 2)


def test_files_that_are_no_model_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.keras: no such model file"):
        load_network(tmp_path / "absent.keras")
    for name in ("text.keras", "weights.h5"):
        (tmp_path / name).write_text("nothing of the kind")
        with pytest.raises(ValueError, match=f"{name} is not a Keras model"):
            load_network(tmp_path / name)


def test_a_damaged_model_is_named(small, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "empty.keras", "w") as file:
        file.writestr("config.json", "{}")
    with pytest.raises(ValueError, match=r"empty\.keras cannot be loaded"):
        load_network(tmp_path / "empty.keras")


def test_code_inside_a_model_is_not_run(tmp_path):
    import keras

    layers = [keras.Input((50, 1)), keras.layers.Lambda(lambda x: x[:, :2, 0])]
    keras.Sequential(layers).save(tmp_path / "code.keras")
    with pytest.raises(ValueError, match=r"code\.keras cannot be loaded.*Lambda layers are not accepted"):
        load_network(tmp_path / "code.keras")


def test_a_model_is_saved_whole_or_not_at_all(small, tmp_path):
    with pytest.raises(ValueError, match=r"saved as \.keras"):
        save_network(small, tmp_path / "model.h5")
    save_network(small, tmp_path / "model.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
