"""The mean regressor: every window gets the training labels' mean (Schrumpf et al. 2021, section 3.5.2)."""

from typing import ClassVar, Literal

from cuffless.architectures.options import ArchitectureOptions


class MeanOptions(ArchitectureOptions):
    """The mean regressor: predicts the training labels' mean."""

    printed_name: ClassVar[str] = "mean regressor"
    figure_name: ClassVar[str] = "Mean"
    rank: ClassVar[int] = 100
    closed_form: ClassVar[bool] = True

    architecture: Literal["mean"] = "mean"
    """Architecture."""


def least_length(options) -> int:
    """A window may have any length."""
    return 1


def build(inputs, options):
    """Features (batch, channels) whose weight in the outputs is zero, so that only the rescaling's mean remains."""
    from keras import layers

    return layers.GlobalAveragePooling1D(name="average")(inputs)
