#!/usr/bin/env bash
# What: TensorFlow's fused kernel BlockLSTMV2 computes an LSTM rightly, but the gradient registered for it is wrong.
# Version: tensorflow 2.21.0 (PyPI), Python 3.11, CPU.
# Behaviour: the kernel takes its gates in the order input, forget, cell, output. The gradient that TensorFlow registers
#   for it is that of BlockLSTM, whose order is input, cell, forget, output. No error is raised: a network trains, only
#   worse. Outputs of both kernels agree with each other; the gradient of BlockLSTM agrees with finite differences, that
#   of BlockLSTMV2 has nothing to do with them.
# Output seen:
#   outputs differ by less than 1e-6; gradient against finite differences: BlockLSTM 0.000, BlockLSTMV2 1.2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tensorflow==2.21.0
cat > gradient.py <<'PY'
import numpy as np
import tensorflow as tf

rng = np.random.default_rng(0)
steps, rows, inputs, units = 6, 3, 4, 5
x = tf.constant(rng.normal(size=(steps, rows, inputs)), tf.float32)
gates = [tf.constant(rng.normal(size=(inputs + units, units)) / 3, tf.float32) for _ in range(4)]
weight = tf.constant(rng.normal(size=(steps, rows, units)), tf.float32)
state, none = tf.zeros((rows, units)), tf.zeros(units)
ORDERS = {"BlockLSTM": (0, 2, 1, 3), "BlockLSTMV2": (0, 1, 2, 3)}  # of input, forget, cell, output


def run(kernel, parts):
    w = tf.concat([parts[k] for k in ORDERS[kernel]], axis=1)
    more = {"forget_bias": 0, "cell_clip": -1} if kernel == "BlockLSTM" else {}
    peep = {"wci": none, "wcf": none, "wco": none, "b": tf.zeros(4 * units)}
    length = tf.constant(steps, tf.int64)
    return getattr(tf.raw_ops, kernel)(seq_len_max=length, x=x, cs_prev=state, h_prev=state, w=w, **peep, **more).h


def gradient(kernel):
    with tf.GradientTape() as tape:
        tape.watch(gates)
        loss = tf.reduce_sum(weight * run(kernel, gates))
    return np.stack(tape.gradient(loss, gates))


def differences(kernel, step=1e-2):
    found = np.zeros((4, inputs + units, units))
    for gate, row, column in np.ndindex(found.shape):
        sides = []
        for side in (step, -step):
            moved = [part.numpy() for part in gates]
            moved[gate][row, column] += side
            sides.append(float(tf.reduce_sum(weight * run(kernel, [tf.constant(part) for part in moved]))))
        found[gate, row, column] = (sides[0] - sides[1]) / (2 * step)
    return found


apart = float(tf.reduce_max(tf.abs(run("BlockLSTM", gates) - run("BlockLSTMV2", gates))))
error = {}
for kernel in ORDERS:
    true = differences(kernel)
    error[kernel] = float(np.linalg.norm(gradient(kernel) - true) / np.linalg.norm(true))
print(
    "outputs differ by less than 1e-6; gradient against finite differences: "
    f"BlockLSTM {error['BlockLSTM']:.3f}, BlockLSTMV2 {error['BlockLSTMV2']:.1f}"
)
assert apart < 1e-6
assert error["BlockLSTM"] < 0.01
assert error["BlockLSTMV2"] > 0.5
PY
TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python gradient.py 2> log || { cat log; exit 1; }
