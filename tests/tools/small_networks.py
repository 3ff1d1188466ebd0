"""The networks that contract tests run, and the backend that they run on."""

import os

from cuffless.architectures.inceptiontime import InceptionTimeOptions
from cuffless.architectures.xresnet1d50 import XResNet1d50Options
from cuffless.config import AlexNetOptions, LstmOptions, ResNetOptions, SlapnicarOptions, TrainingOptions

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
"""Of this process; `tests/training/test_backends.py` runs tests again on JAX."""

SMALL = {
    "alexnet-paper": AlexNetOptions(width=0.05),
    "alexnet-code": AlexNetOptions(width=0.05, variant="code"),
    "resnet": ResNetOptions(width=0.1, blocks=(2, 1, 1, 1)),
    "slapnicar": SlapnicarOptions(width=0.25, pool_stride=2, n_fft=32, hop=16),
    "lstm-paper": LstmOptions(width=0.1, input_stride=5),
    "lstm-code": LstmOptions(width=0.1, input_stride=5, variant="code"),
    "xresnet1d50": XResNet1d50Options(width=0.1, blocks=(2, 1, 1, 1)),
    "inceptiontime": InceptionTimeOptions(width=0.15, modules=3, kernel=12),
}
"""Every architecture in each variant, for windows of 175 samples."""


def training(**options) -> TrainingOptions:
    """Options of a training on this process's backend."""
    return TrainingOptions(**{"backend": BACKEND, "epochs": 2, "patience": None, **options})
