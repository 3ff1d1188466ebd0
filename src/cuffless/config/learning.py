"""Options of networks, training, evaluation and figures."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from cuffless.config.base import Options, option

ARCHITECTURES = ("alexnet", "resnet", "slapnicar", "lstm", "mean")


class TrainingOptions(Options):
    """Training a network."""

    learning_rate: float = option(0.001, gt=0)
    """Learning rate of Adam."""
    epochs: int = option(200, ge=1)
    """Most epochs."""
    patience: int | None = option(10, ge=1)
    """Epochs without a better validation loss before training stops; null: never."""
    keep: Literal["mae", "loss"] = "mae"
    """Validation figure whose lowest value decides which weights are kept."""
    batch_size: int = option(32, ge=1)
    """Windows a batch."""
    tf_threads: int = option(1, ge=1)
    """TensorFlow's threads; changes results in the last bits, so it is part of them."""
    ram_mb: float = option(4000, gt=0)
    """Memory for a set of windows in MB; a larger set is read and shuffled in blocks of an eighth of it."""


class NetworkOptions(Options):
    """What every architecture takes."""

    variant: Literal["paper", "code"] = "paper"
    """As the paper describes it, or as its authors' code builds it."""
    width: float = option(1.0, gt=0, le=4)
    """Factor on all layer widths."""
    derivatives: bool = False
    """Give the first and second derivative as further input channels."""
    batch_norm_momentum: float = option(0.99, ge=0, lt=1)
    """Momentum of batch normalization's moving statistics; small studies want 0.9."""
    training: TrainingOptions = TrainingOptions()
    """Training options of this network; those not given are `training`'s."""


class AlexNetOptions(NetworkOptions):
    """AlexNet in one dimension."""

    architecture: Literal["alexnet"] = "alexnet"
    """Architecture."""
    dropout: float = option(0.5, ge=0, lt=1)
    """Dropout after each dense layer."""


class ResNetOptions(NetworkOptions):
    """ResNet-50 in one dimension."""

    architecture: Literal["resnet"] = "resnet"
    """Architecture."""
    blocks: tuple[int, ...] = option((3, 4, 6, 3), min_length=1, max_length=4)
    """Bottleneck blocks of each stage."""


class SlapnicarOptions(NetworkOptions):
    """Spectro-temporal network of Slapnicar et al."""

    architecture: Literal["slapnicar"] = "slapnicar"
    """Architecture."""
    dropout: float = option(0.25, ge=0, lt=1)
    """Dropout after each dense layer."""
    pool_stride: int = option(1, ge=1, le=4)
    """Stride of the pooling after each residual block."""
    n_fft: int = option(64, ge=8)
    """Samples of a spectrogram frame."""
    hop: int = option(64, ge=1)
    """Samples between spectrogram frames."""


class LstmOptions(NetworkOptions):
    """Convolution and bidirectional LSTM layers."""

    architecture: Literal["lstm"] = "lstm"
    """Architecture."""
    input_stride: int = option(1, ge=1)
    """Stride of the first convolution."""


class MeanOptions(Options):
    """The mean regressor: predicts the training labels' mean."""

    architecture: Literal["mean"] = "mean"
    """Architecture."""


class CustomOptions(NetworkOptions):
    """A user's own network."""

    architecture: str = option(..., pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    """`module:function`; the function takes `(input_shape, options)` and returns a Keras model with two outputs."""
    parameters: dict[str, Any] = option({})
    """Handed to the function in `options.parameters`."""


def _architecture(value: Any) -> str | None:
    name = value.get("architecture") if isinstance(value, dict) else getattr(value, "architecture", None)
    if isinstance(name, str) and ":" in name:
        return "custom"
    return name if name in ARCHITECTURES else None


AnyNetwork = Annotated[
    Annotated[AlexNetOptions, Tag("alexnet")]
    | Annotated[ResNetOptions, Tag("resnet")]
    | Annotated[SlapnicarOptions, Tag("slapnicar")]
    | Annotated[LstmOptions, Tag("lstm")]
    | Annotated[MeanOptions, Tag("mean")]
    | Annotated[CustomOptions, Tag("custom")],
    Discriminator(
        _architecture,
        custom_error_type="unknown_architecture",
        custom_error_message="architecture must be one of " + ", ".join(ARCHITECTURES) + ", or module:function",
    ),
]


class EvaluationOptions(Options):
    """Errors, tests and intervals."""

    bin_mmhg: float = option(10.0, gt=0)
    """Width of the pressure bins."""
    bootstrap: int = option(2000, ge=100)
    """Draws of the bootstrap over subjects."""
    confidence: float = option(0.95, gt=0.5, lt=1)
    """Level of the intervals."""
    alpha: float = option(0.05, gt=0, lt=0.5)
    """Level of significance."""
    seed: int = option(0, ge=0)
    """Seed of the bootstrap."""


class FigureOptions(Options):
    """How figures look; changes no number."""

    dpi: int = option(200, ge=50, le=1200)
    """Resolution of the PNG files."""
    font_size: float = option(8.0, gt=3, lt=30)
    """Font size in points."""
    width_inch: float = option(7.2, gt=2, lt=20)
    """Width of a full-width figure."""
    histogram: Literal["train", "test"] = "train"
    """Set whose pressure distribution stands below Figure 7."""
    colours: tuple[str, ...] = Field(("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"), min_length=6)
    """Colours, safe for colour-blind readers (Okabe & Ito)."""
