"""Options of the input study: how a signal is cropped, how long, and whether derivatives help."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StrictInt, field_validator

from cuffless.config.learning import AnyNetwork
from cuffless.config.stages import WindowOptions
from cuffless.options import Options, once_each, option


@dataclass(frozen=True)
class Crop:
    """One way to cut a window out of a stretch."""

    cropping: str
    """{"beats", "time"}."""
    length: int
    """Beats or seconds."""

    @property
    def name(self) -> str:
        """``beats7``, ``time20``."""
        return f"{self.cropping}{self.length}"

    def windows(self, options: WindowOptions) -> WindowOptions:
        """Options of windows that are cut so."""
        return options.model_copy(update={"cropping": self.cropping, "length": self.length, "overlap": 0.0})


def crop_named(name: str) -> Crop:
    """The crop of a name such as ``beats7``."""
    cropping = name.rstrip("0123456789")
    return Crop(cropping, int(name.removeprefix(cropping)))


class InputTrainingOptions(Options):
    """Training in the input study; what is not here is the network's own."""

    epochs: int = option(50, ge=1)
    """Epochs."""
    patience: int | None = option(None, ge=1)
    """Epochs without an improvement in validation loss after which training stops; null: never."""
    keep: Literal["mae", "loss"] = "loss"
    """Validation metric whose lowest value decides which weights are kept."""


class InputOptions(Options):
    """The input study (Figure 2)."""

    dataset: str = ""
    """Data set; empty: that of `study`. The paper's is `kachuee` (MIMIC-A)."""
    windowing: str = "main"
    """Windowing whose filter, limits and rules apply; its cropping, length and overlap are ignored."""
    croppings: tuple[Literal["beats", "time"], ...] = option(("time", "beats"), min_length=1)
    """Croppings to compare."""
    lengths: tuple[Annotated[StrictInt, Field(ge=1, le=30)], ...] = option(
        (1, 2, 5, 7, 9, 11, 13, 15, 17, 20), min_length=1
    )
    """Lengths to compare, in beats or seconds; at most 30, as a whole stretch must fit in memory."""
    derivatives: tuple[bool, ...] = option((False, True), min_length=1)
    """Whether to add derivative channels; all values given are compared."""
    networks: tuple[str, ...] = option(("alexnet", "resnet"), min_length=1)
    """Networks, by name."""
    repeats: int = option(3, ge=1)
    """Trainings of each combination, with seeds 0, 1, ..."""
    stretch_seconds: float = option(20.0, ge=8)
    """Length in seconds of the stretches of signal that are accepted or rejected as a whole, with all their crops."""
    windows: tuple[int, int, int] = (100_000, 25_000, 25_000)
    """Number of windows for training, validation and test; if there are fewer, in the same proportions."""
    seed: int = option(0, ge=0)
    """Seed of the sampling of windows."""
    training: InputTrainingOptions = InputTrainingOptions()
    """Training."""

    _once = field_validator("croppings", "lengths", "derivatives", "networks")(once_each)

    @field_validator("windows")
    @classmethod
    def _positive(cls, value: tuple[int, int, int]) -> tuple[int, int, int]:
        if min(value) < 1:
            raise ValueError("three positive numbers are needed")
        return value


def input_network(network: AnyNetwork, options: InputOptions, *, derivatives: bool) -> AnyNetwork:
    """A network of the configuration with the input study's channels and training.

    Parameters
    ----------
    network : options of a network
        Width, variant, batch size and learning rate are its own.
    options : InputOptions
        Epochs, patience and which weights are kept.
    derivatives : bool
        Whether it takes derivative channels.

    Notes
    -----
    Schrumpf et al. (2021), section 3.4.
    """
    training = network.training.model_copy(update=options.training.model_dump())
    return network.model_copy(update={"derivatives": derivatives, "training": training})
