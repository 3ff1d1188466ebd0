"""Options of personalization: which windows of a subject calibrate, which test, and what of a network is trained."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt, field_validator, model_validator

from cuffless.config.budgets import calibration_sizes, percent
from cuffless.options import Name, Options, option

STRATEGIES = ("first", "random")
PRESETS = {
    "default": {},
    # Schrumpf et al. (2021), released code: time order lost, neighbours of training windows tested, `first` stopped on
    # the windows that it trains on, `random` trained on 40 % and stopped on a further 20 %.
    "code": {
        "order": "shuffled",
        "test_half": "alternate",
        "gap": 0,
        "random_share": 0.6,
        "budget_windows": (),
        "budget_shares": (),
        "layers": "last7",
        "validation": "code",
        "validation_share": 1 / 3,
        "learning_rate": 0.003,
        "epochs": 1000,
        "patience": 5,
    },
}
# What decides which windows are drawn, and what becomes of a network on them: a changed option repeats only its part.
_DRAWING = (
    *("order", "test_half", "gap", "share", "random_share", "budget_windows", "budget_shares"),
    *("subjects", "min_windows", "seed", "leakage"),
)
_BOTH = ("share", "random_share", "budget_windows", "budget_shares", "min_windows", "seed")


class ProtocolOptions(Options):
    """One way to personalize."""

    preset: Literal["default", "code"] = "default"
    """`code`: the procedure of the authors' code; it needs `leakage: warn`."""
    split: str = "nonmixed"
    """Split whose test subjects are sampled and whose networks are personalized."""
    subjects: int = option(20, ge=1)
    """Number of subjects sampled."""
    min_windows: int = option(60, ge=10)
    """Minimum number of kept windows per subject."""
    seed: int = option(0, ge=0)
    """Seed of subjects, of the random strategy and of training."""
    order: Literal["time", "shuffled"] = "time"
    """Order of a subject's windows; `shuffled`: as in the authors' code."""
    test_half: Literal["last", "alternate"] = "last"
    """Test windows: the second half of a subject's last 80 % in time, or every second window of that part, between
    windows that may calibrate."""
    gap: int = option(1, ge=0, le=100)
    """Windows, in number and in time, left unused between calibration and test (`test_half: last`)."""
    share: float = option(0.2, gt=0, le=0.4)
    """Share of a subject's windows used for calibration in Figures 8 and A1 and in Table 1."""
    random_share: float | None = option(None, gt=0, le=0.6)
    """The same for the random strategy; null: `share`."""
    budget_windows: tuple[Annotated[StrictInt, Field(ge=1)], ...] = (1, 2, 5, 10)
    """Smaller budgets: numbers of calibration windows."""
    budget_shares: tuple[float, ...] = (0.05, 0.1)
    """Smaller budgets: shares of a subject's windows."""
    layers: Literal["heads", "dense", "all", "last7"] = "dense"
    """Layers to train: the outputs, also the dense layers before them, all, or the last seven as listed by Keras (the
    authors' code). Except in `last7`, batch normalization keeps its statistics."""
    validation: Literal["held_out", "code"] = "held_out"
    """Windows that decide when training stops: calibration windows that are held out of training, or (`code`), for the
    strategy `first`, the training windows themselves."""
    validation_share: float = option(0.2, gt=0, lt=1)
    """Share of the calibration windows that is held out."""
    validation_from: int = option(10, ge=2)
    """With fewer calibration windows, none are held out and training ends at `few_rms`."""
    few_rms: float = option(2.0, gt=0)
    """RMS error in mmHg on the calibration windows at which training ends if none are held out."""
    learning_rate: float = option(0.001, gt=0)
    """Learning rate of Adam."""
    epochs: int = option(200, ge=1)
    """Maximum number of epochs."""
    patience: int = option(10, ge=1)
    """Epochs without an improvement in validation loss after which training stops; the best weights are kept."""
    batch_size: int = option(32, ge=1)
    """Windows per batch."""
    leakage: Literal["fail", "warn"] = "fail"
    """Whether a calibration window that touches a test window stops the study, or figures carry a warning."""

    @model_validator(mode="before")
    @classmethod
    def _apply_preset(cls, values: Any) -> Any:
        return {**PRESETS.get(values.get("preset", "default"), {}), **values} if isinstance(values, dict) else values

    @field_validator("budget_shares")
    @classmethod
    def _shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < share < 1 for share in value):
            raise ValueError("shares must lie between 0 and 1; give numbers of windows under budget_windows")
        return value

    @model_validator(mode="after")
    def _check(self) -> "ProtocolOptions":
        if (most := max(self.budget_windows, default=0)) > (have := int(self.share * self.min_windows)):
            raise ValueError(
                f"budget_windows: {most} exceeds the calibration windows of the smallest subject, {self.share:g} x "
                f"min_windows {self.min_windows} = {have}; lower it or raise min_windows"
            )
        if max(self.budget_shares, default=0) > self.share:
            raise ValueError(f"budget_shares: {max(self.budget_shares):g} exceeds share {self.share:g}")
        if (n := self.budgets(self.min_windows, "first")[self.budget]) < 1:
            raise ValueError(
                f"share {self.share:g} of min_windows {self.min_windows} is {n} windows; raise one of them"
            )
        by_design = self.order == "shuffled" or self.test_half == "alternate"
        if by_design and self.leakage == "fail":
            why = "order: shuffled" if self.order == "shuffled" else "test_half: alternate"
            raise ValueError(f"{why} puts calibration windows next to test windows; it requires leakage: warn")
        return self

    @property
    def budget(self) -> str:
        """Name of the budget that Figures 8 and A1 and Table 1 show, such as ``20 %``."""
        return percent(self.share)

    def budgets(self, n_windows: int, strategy: str) -> dict[str, int]:
        """Calibration windows of each budget by name, for a subject of `n_windows`; see `calibration_sizes`."""
        own = self.random_share if strategy == "random" and self.random_share is not None else self.share
        return calibration_sizes(n_windows, self.budget_windows, self.budget_shares, self.share, own)

    def drawing(self) -> str:
        """Options that decide which windows are drawn, as canonical JSON."""
        return _part(self, set(_DRAWING))

    def tuning(self) -> str:
        """Options that decide what a network learns from them, as canonical JSON."""
        everything = set(type(self).model_fields) - {"preset", "split"}
        return _part(self, everything - set(_DRAWING) | set(_BOTH))


class PersonalizationOptions(ProtocolOptions):
    """Personalization of networks on test subjects (Figures 8, A1; Table 1)."""

    named: dict[Name, ProtocolOptions] = option({"main": ProtocolOptions()}, min_length=1)
    """Named protocols, each overriding the options above. Figures 8 and A1 and Table 1 show the first."""


def _part(options: ProtocolOptions, names: set[str]) -> str:
    dumped = options.model_dump(mode="json")
    return json.dumps({name: dumped[name] for name in sorted(names)}, sort_keys=True)
