"""Options that architectures share: what every network takes, and how it is trained."""

from typing import ClassVar, Literal

from cuffless.options import Options, option


class TrainingOptions(Options):
    """Training a network."""

    learning_rate: float = option(0.001, gt=0)
    """Learning rate of Adam."""
    epochs: int = option(200, ge=1)
    """Maximum number of epochs."""
    patience: int | None = option(10, ge=1)
    """Epochs without an improvement in validation loss after which training stops; null: never."""
    keep: Literal["mae", "loss"] = "mae"
    """Validation metric whose lowest value decides which weights are kept."""
    batch_size: int = option(32, ge=1)
    """Windows per batch."""
    backend: Literal["tensorflow", "jax"] = "tensorflow"
    """What networks are trained, fine-tuned and run with; `jax` must be installed (`make env BACKEND=jax`). Another
    backend changes results by rounding, so that networks are trained again."""
    threads: int = option(1, ge=1)
    """Threads of the backend. Another number changes results in the last bits, so that networks are trained again."""
    ram_mb: float = option(4000, gt=0)
    """Memory in MB for a set of windows; a larger set is read and shuffled in blocks of an eighth of it."""


class IntervalOptions(Options):
    """Intervals around the predictions of networks."""

    level: float = option(0.9, ge=0.5, le=0.99)
    """Share of a new person's windows whose SBP, and whose DBP, the intervals hold on average. 0.9 needs 9 validation
    subjects, 0.95 needs 19; with fewer there are no intervals. Another level trains networks again."""
    method: Literal["plain", "scaled", "none"] = "plain"
    """`plain`: all windows are treated alike; `scaled`: wider where errors are expected to be larger, from the quantile
    outputs if the network has them, else from its prediction and the pulse rate; `none`: no intervals."""


class ArchitectureOptions(Options):
    """Options of one architecture; its file declares a subclass with the option `architecture`."""

    printed_name: ClassVar[str]
    """Its name in tables and text."""
    figure_name: ClassVar[str] = ""
    """Its name in figures, if that differs from `printed_name`."""
    rank: ClassVar[int] = 50
    """Place in lists and tables: lower ranks first, equal ones by name. The paper's networks have 1 to 4."""

    closed_form: ClassVar[bool] = False
    """Whether it is fitted at once, and not in epochs."""
    intervals: IntervalOptions = IntervalOptions()
    """Intervals of this network; the options are taken from `intervals`."""

    def parameter_estimate(self, samples: int) -> float:
        """About how many parameters it has at full width, for windows of so many samples; 0 if that is not known."""
        return 0.0


class NetworkOptions(ArchitectureOptions):
    """Options that all trained architectures share."""

    variant: Literal["paper", "code"] = "paper"
    """As described in the paper, or as built by its authors' code."""
    width: float = option(1.0, gt=0, le=4)
    """Factor on all layer widths."""
    derivatives: bool = False
    """Add the first and second derivatives as input channels."""
    output: Literal["pressures", "quantiles"] = "pressures"
    """`pressures`: SBP and DBP, trained by the squared error; `quantiles`: the median of each, which is the prediction,
    and the limits of an interval at `intervals.level`, trained by the pinball loss."""
    batch_norm_momentum: float = option(0.99, ge=0, lt=1)
    """Momentum of batch normalization's moving statistics; use 0.9 for small studies."""
    training: TrainingOptions = TrainingOptions()
    """Training options of this network; the others are taken from `training`."""
