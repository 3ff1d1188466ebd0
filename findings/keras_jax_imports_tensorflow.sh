#!/usr/bin/env bash
# What: Keras on JAX imports all of TensorFlow, where that is installed, to build some layers, save a model or set a seed.
# Version: keras 3.15.1, jax 0.10.2, tensorflow 2.21.0 (PyPI), Python 3.11, CPU.
# Behaviour: `import keras` with KERAS_BACKEND=jax leaves TensorFlow alone, and so do dense and convolution layers. A
#   bidirectional layer, `model.save` and `keras.utils.set_random_seed` each import it: seconds, and its memory. On a
#   GPU both libraries then want its memory. With sys.modules["tensorflow"] = None, which makes the import fail, Keras
#   does all three without it.
# Output seen:
#   imports TensorFlow: import keras no, dense layers no, bidirectional layer yes, save yes, set_random_seed yes
#   the same with TensorFlow out of reach: works
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 tensorflow==2.21.0
cat > one.py <<'PY'
import sys

what, blocked = sys.argv[1], len(sys.argv) > 2
if blocked:
    sys.modules["tensorflow"] = None
import keras

if what == "dense layers":
    keras.Sequential([keras.Input((8, 2)), keras.layers.Conv1D(3, 3), keras.layers.Dense(2)])
elif what == "bidirectional layer":
    keras.Sequential([keras.Input((8, 2)), keras.layers.Bidirectional(keras.layers.GRU(2))])
elif what == "save":
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save("model.keras")
elif what == "set_random_seed":
    keras.utils.set_random_seed(0)
assert keras.backend.backend() == "jax"
print("yes" if sys.modules.get("tensorflow") else "no")
PY
export KERAS_BACKEND=jax TF_CPP_MIN_LOG_LEVEL=3
said=
for what in "import keras" "dense layers" "bidirectional layer" save set_random_seed; do
    said+="${said:+, }$what $(venv/bin/python one.py "$what" 2> log)"
    [ "$(venv/bin/python one.py "$what" blocked 2> log)" = no ]
done
echo "imports TensorFlow: $said"
echo "the same with TensorFlow out of reach: works"
[ "$said" = "import keras no, dense layers no, bidirectional layer yes, save yes, set_random_seed yes" ]
