"""Options of networks, evaluation and figures."""

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator

from cuffless.architectures import NetworkOptions, architectures
from cuffless.options import Options, option

ARCHITECTURES = tuple(architectures())
_BEYOND = 10
"""Resamples that have to lie beyond each limit of an interval."""


class CustomOptions(NetworkOptions):
    """A user's own network."""

    architecture: str = option(..., pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    """`module:function`; the function takes `(input_shape, options)` and returns a Keras model with two outputs."""
    parameters: dict[str, Any] = option({})
    """Passed to the function as `options.parameters`."""


def _architecture(value: Any) -> str | None:
    name = value.get("architecture") if isinstance(value, dict) else getattr(value, "architecture", None)
    if isinstance(name, str) and ":" in name:
        return "custom"
    return name if name in ARCHITECTURES else None


_TAGGED = [Annotated[options, Tag(name)] for name, options in (*architectures().items(), ("custom", CustomOptions))]
if TYPE_CHECKING:
    _Networks = Any
else:
    _Networks = Union[tuple(_TAGGED)]  # noqa: UP007  known only when it runs
AnyNetwork = Annotated[
    _Networks,
    Discriminator(
        _architecture,
        custom_error_type="unknown_architecture",
        custom_error_message="architecture must be one of " + ", ".join(ARCHITECTURES) + ", or module:function",
    ),
]


def network_names(*, in_figures: bool = False) -> dict[str, str]:
    """Printed names of networks that are called like their architecture.

    Parameters
    ----------
    in_figures : bool
        Where there is little room.
    """
    names = {name: options.printed_name for name, options in architectures().items()}
    if in_figures:
        names |= {name: options.figure_name for name, options in architectures().items() if options.figure_name}
    return names


class EvaluationOptions(Options):
    """Errors, tests and intervals."""

    bin_mmhg: float = option(10.0, gt=0)
    """Width of the pressure bins."""
    confidence: float = option(0.95, gt=0.5, lt=1)
    """Confidence level of the intervals."""
    bootstrap: int = option(2000, ge=1, validate_default=True)
    """Number of bootstrap resamples of the subjects; at least 20 / (1 - `confidence`), which is 400 at 95 %, so that 10
    of them lie beyond each limit."""
    alpha: float = option(0.05, gt=0, lt=0.5)
    """Significance level."""
    seed: int = option(0, ge=0)
    """Seed of the bootstrap."""

    @field_validator("bootstrap")
    @classmethod
    def _enough_for_limits(cls, value: int, info: ValidationInfo) -> int:
        confidence = info.data.get("confidence")  # missing if it is itself a mistake
        if confidence is not None and value < (least := least_bootstrap(confidence)):
            raise ValueError(
                f"{100 * confidence:g} % intervals need {least:,} resamples or more, so that {_BEYOND} lie beyond each "
                "limit; use as many, or lower confidence"
            )
        return value


def least_bootstrap(confidence: float) -> int:
    """Least number of bootstrap resamples that gives intervals of this level.

    Parameters
    ----------
    confidence : float

    Returns
    -------
    int

    Notes
    -----
    A limit is a quantile of the resamples, and the share that lies beyond it has a standard deviation by chance of one
    over the root of their number. Where `_BEYOND` = 10 lie beyond each of the two, a 95 % interval is one of 93.9 to
    96.1 % (one standard deviation). With 100 resamples 2.5 lie there, and it is one of 92.8 to 97.2 %.
    """
    return math.ceil(round(2 * _BEYOND / (1 - confidence), 6))


class FigureOptions(Options):
    """How figures look; does not change any number."""

    dpi: int = option(200, ge=50, le=1200)
    """Resolution of the PNG files."""
    font_size: float = option(8.0, gt=3, lt=30)
    """Font size in points."""
    width_inch: float = option(7.2, gt=2, lt=20)
    """Width of a full-width figure."""
    histogram: Literal["train", "test"] = "train"
    """Set whose pressure distribution is shown below Figure 7."""
    colours: tuple[str, ...] = Field(("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"), min_length=6)
    """Colours, safe for colour-blind readers (Okabe & Ito)."""
