"""Windows that trainings will read, and the size of their results."""

from cuffless.architectures import ArchitectureOptions
from cuffless.config import StudyConfig

_FLOAT = 4
STATE_COPIES = 4
"""A training's state holds its weights, Adam's two moments of them, and the best ones."""


def model_bytes(network: ArchitectureOptions, samples: int) -> float:
    """About the size of a network's file, windows having `samples` samples; 0 for a user's own, whose size is unknown.

    Notes
    -----
    Parameters grow with the square of the width. Building the network would give the exact number, at the price of
    importing TensorFlow.
    """
    return _FLOAT * network.parameter_estimate(samples) * getattr(network, "width", 1.0) ** 2


def windows_to_train(study: StudyConfig, network: str, n_train: int) -> int:
    """Windows that a network sees over all its epochs, at most: training may stop early."""
    training = getattr(study.networks[network], "training", None)
    return 0 if training is None else n_train * training.epochs
