"""Arms of the study: each decides who trains, calibrates and tests, and hands its predictions to the one judge."""

from importlib import import_module

from cuffless.arms.arm import Arm, Judged
from cuffless.config.arms import ARMS

__all__ = ["ARMS", "Arm", "Judged", "load_arm"]


def load_arm(name: str) -> Arm:
    """The arm of that name."""
    return import_module(f"{__name__}.{name}").ARM
