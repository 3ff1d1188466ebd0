"""Networks that map PPG windows to pressures; Keras is imported only when one is built or loaded."""

import os

# Keras reads both when it is first imported: results are TensorFlow's, whatever ~/.keras says.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from cuffless.networks.channels import channel_count, input_channels
from cuffless.networks.files import load_network, predict_outputs, predict_pressures, save_network
from cuffless.networks.layers import describe_layers
from cuffless.networks.registry import build_network, least_length

__all__ = [
    "build_network",
    "channel_count",
    "describe_layers",
    "input_channels",
    "least_length",
    "load_network",
    "predict_outputs",
    "predict_pressures",
    "save_network",
]
