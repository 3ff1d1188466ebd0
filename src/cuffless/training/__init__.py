"""Training of networks; TensorFlow is imported only when one is trained."""

from cuffless.training.checkpoints import state_folder
from cuffless.training.feeding import WindowSet, feed, open_windows
from cuffless.training.fitting import TrainingError, train_network
from cuffless.training.intervals import calibrate
from cuffless.training.predictions import people_of, prediction_table, write_predictions
from cuffless.training.result import TrainedNetwork
from cuffless.training.tables.origin import describe_origin

__all__ = [
    "TrainedNetwork",
    "TrainingError",
    "WindowSet",
    "calibrate",
    "describe_origin",
    "feed",
    "open_windows",
    "people_of",
    "prediction_table",
    "state_folder",
    "train_network",
    "write_predictions",
]
