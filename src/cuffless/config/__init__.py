"""Typed options: the one source of defaults, limits, schema and documentation."""

from cuffless.config.base import ConfigError, Options
from cuffless.config.inputs import Crop, InputOptions, InputTrainingOptions, crop_named, input_network
from cuffless.config.leakage import LeakageOptions
from cuffless.config.learning import (
    ARCHITECTURES,
    AlexNetOptions,
    AnyNetwork,
    CustomOptions,
    EvaluationOptions,
    FigureOptions,
    LstmOptions,
    MeanOptions,
    NetworkOptions,
    ResNetOptions,
    SlapnicarOptions,
    TrainingOptions,
)
from cuffless.config.personalization import STRATEGIES, PersonalizationOptions, ProtocolOptions
from cuffless.config.rppg import RppgOptions, RppgTuningOptions, VideoSimulationOptions
from cuffless.config.stages import (
    ChannelOptions,
    DownloadOptions,
    RecordOptions,
    SimulatorOptions,
    SplitOptions,
    WindowOptions,
)
from cuffless.config.study import DatasetOptions, StudyConfig, load_config, merge, read_config
from cuffless.rejection import RULES

__all__ = [
    "ARCHITECTURES",
    "RULES",
    "STRATEGIES",
    "AlexNetOptions",
    "AnyNetwork",
    "ChannelOptions",
    "ConfigError",
    "Crop",
    "CustomOptions",
    "DatasetOptions",
    "DownloadOptions",
    "EvaluationOptions",
    "FigureOptions",
    "InputOptions",
    "InputTrainingOptions",
    "LeakageOptions",
    "LstmOptions",
    "MeanOptions",
    "NetworkOptions",
    "Options",
    "PersonalizationOptions",
    "ProtocolOptions",
    "RecordOptions",
    "ResNetOptions",
    "RppgOptions",
    "RppgTuningOptions",
    "SimulatorOptions",
    "SlapnicarOptions",
    "SplitOptions",
    "StudyConfig",
    "TrainingOptions",
    "VideoSimulationOptions",
    "WindowOptions",
    "crop_named",
    "input_network",
    "load_config",
    "merge",
    "read_config",
]
