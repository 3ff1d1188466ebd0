"""What trainings will read and leave behind."""

from cuffless.config import StudyConfig
from cuffless.config.base import Options

_FLOAT = 4
# Parameters of full width in the paper's variant, counted; they grow with the square of the width.
_PARAMETERS = {"resnet": 16.2e6, "slapnicar": 0.28e6, "lstm": 0.2e6}
_LSTM_CODE_PARAMETERS = 1.0e6
_ALEXNET_PARAMETERS, _ALEXNET_PARAMETERS_A_SAMPLE = 16.6e6, 43_500
STATE_COPIES = 4
"""A training's state holds its weights, Adam's two moments of them, and the best ones."""


def model_bytes(network: Options, samples: int) -> float:
    """About the size of a network's file, windows having `samples` samples; 0 for a user's own, of which none is known.

    Notes
    -----
    Building the networks would tell exactly, at the price of importing TensorFlow.
    """
    architecture = network.architecture
    if architecture == "alexnet":
        parameters = _ALEXNET_PARAMETERS + _ALEXNET_PARAMETERS_A_SAMPLE * samples
    elif architecture == "lstm" and network.variant == "code":
        parameters = _LSTM_CODE_PARAMETERS
    else:
        parameters = _PARAMETERS.get(architecture, 0.0)
    return _FLOAT * parameters * getattr(network, "width", 1.0) ** 2


def windows_to_train(study: StudyConfig, network: str, n_train: int) -> int:
    """Windows that a network sees over all its epochs, at most: training may stop early."""
    training = getattr(study.networks[network], "training", None)
    return 0 if training is None else n_train * training.epochs
