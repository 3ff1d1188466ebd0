"""Training of networks; TensorFlow is imported only when one is trained."""

from cuffless.training.feeding import WindowSet, feed, open_windows
from cuffless.training.fitting import TrainingError, train_network
from cuffless.training.result import TrainedNetwork

__all__ = ["TrainedNetwork", "TrainingError", "WindowSet", "feed", "open_windows", "train_network"]
