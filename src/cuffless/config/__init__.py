"""Typed options: the one source of defaults, limits, schema and documentation."""

from typing import Any

from cuffless.architectures import IntervalOptions, NetworkOptions, TrainingOptions, architectures
from cuffless.config.external import TRANSFERS, ExternalOptions
from cuffless.config.inputs import Crop, InputOptions, InputTrainingOptions, crop_named, input_network
from cuffless.config.leakage import LeakageOptions
from cuffless.config.learning import (
    ARCHITECTURES,
    AnyNetwork,
    CustomOptions,
    EvaluationOptions,
    FigureOptions,
    least_bootstrap,
    network_names,
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
from cuffless.config.study import DatasetOptions, StudyConfig, load_config, read_config
from cuffless.options import ConfigError, Options
from cuffless.rejection import RULES

__all__ = [
    "ARCHITECTURES",
    "RULES",
    "STRATEGIES",
    "TRANSFERS",
    "AnyNetwork",
    "ChannelOptions",
    "ConfigError",
    "Crop",
    "CustomOptions",
    "DatasetOptions",
    "DownloadOptions",
    "EvaluationOptions",
    "ExternalOptions",
    "FigureOptions",
    "InputOptions",
    "InputTrainingOptions",
    "IntervalOptions",
    "LeakageOptions",
    "NetworkOptions",
    "Options",
    "PersonalizationOptions",
    "ProtocolOptions",
    "RecordOptions",
    "RppgOptions",
    "RppgTuningOptions",
    "SimulatorOptions",
    "SplitOptions",
    "StudyConfig",
    "TrainingOptions",
    "VideoSimulationOptions",
    "WindowOptions",
    "crop_named",
    "input_network",
    "least_bootstrap",
    "load_config",
    "network_names",
    "read_config",
]


def __getattr__(name: str) -> Any:
    """Options of an architecture by the name of their class, such as `AlexNetOptions`."""
    for options in architectures().values():
        if options.__name__ == name:
            return options
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
