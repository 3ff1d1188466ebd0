"""Options of the camera branch: from a face video to a pulse wave, its windows, and fine-tuned networks."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt, field_validator, model_validator

from cuffless.options import Options, Range, once_each, option
from cuffless.own_code import check_name
from cuffless.plugins import resolve

METHODS = ("pos", "chrom", "green")
"""Built-in methods from colours to a pulse wave that a study may use."""
# What decides which windows a recording gives: a changed option repeats only its part.
_PULSE = ("method", "invert")
_WINDOWS = (*_PULSE, "bp_within", "bp_interpolate", "min_windows")


class VideoSimulationOptions(Options):
    """Simulated recordings: a face photograph whose skin follows a simulated subject's pulse."""

    subjects: int = option(17, ge=3)
    """Number of subjects, none of whom are in the cohort."""
    minutes: float = option(6.0, ge=1)
    """Length of a recording in minutes."""
    fps: float = option(20.0, ge=17, le=60)
    """Frames per second."""
    size: tuple[StrictInt, StrictInt] = (160, 120)
    """Width and height of a frame in pixels."""
    amplitude: float = option(0.02, gt=0, le=0.2)
    """Depth of the pulse in the intensity of skin, as a share."""
    quality: int = option(95, ge=50, le=100)
    """JPEG quality of the frames."""
    noise: float = option(1.0, ge=0)
    """Noise of the sensor in grey levels (SD)."""
    motion: float = option(0.5, ge=0)
    """Slow motion of the head in pixels (SD)."""
    seed: int = option(7, ge=0)
    """Seed of the subjects and of all noise."""

    def filming(self) -> str:
        """Options of one recording, as canonical JSON: adding a subject changes no other recording."""
        return json.dumps(self.model_dump(mode="json", exclude={"subjects"}), sort_keys=True)


class RppgTuningOptions(Options):
    """Fine-tuning of the networks' final layer on rPPG, by leave-one-subject-out."""

    learning_rate: float = option(0.001, gt=0)
    """Learning rate of Adam."""
    epochs: int = option(40, ge=1)
    """Maximum number of epochs."""
    patience: int = option(5, ge=1)
    """Epochs without an improvement in the validation subject's loss after which training stops."""
    batch_size: int = option(32, ge=1)
    """Windows per batch."""
    share: float = option(0.2, gt=0, lt=0.5)
    """Share of the test subject's windows that the settings `first` and `random` add to training."""
    test: Literal["common", "own_complement"] = "common"
    """`common`: all settings are tested on the windows that neither `first` nor `random` uses for training;
    `own_complement`: each on all windows that it does not use, as in section 3.6.2 of the paper."""
    gap: int = option(1, ge=0)
    """Windows left unused between the first windows and the test windows."""
    conditions: tuple[str, ...] = ()
    """Two conditions of the manifest, such as `[before, after]`: recordings of the first calibrate, those of the second
    test, which is the setting `recordings` in place of `first` and `random`. `share`, `test` and `gap` then do nothing.
    """
    seed: int = option(0, ge=0)
    """Seed of the validation subjects and of the random windows."""

    @field_validator("conditions")
    @classmethod
    def _two_conditions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name.strip() for name in names)
        if names and (len(names) != 2 or len({name.casefold() for name in names}) != 2 or not all(names)):
            raise ValueError(
                "name two different conditions of the manifest, the one that calibrates and the one that tests, such "
                "as [before, after]; or none"
            )
        return names


class RppgOptions(Options):
    """From a face video to blood pressure (Figures 3, 9, A2 to A5; Table 2)."""

    source: Literal["simulator", "videos", "ready"] = "simulator"
    """`videos`: recordings listed in `manifest`; `ready`: windows cut by others, in an HDF5 file."""
    manifest: str = ""
    """CSV with one row per recording (`videos`): subject, recording, video and more; see docs/rppg.md."""
    path: str = ""
    """HDF5 file with `rppg`, `label`, `subject_idx` (`ready`)."""
    split: str = "nonmixed"
    """Split whose networks are fine-tuned."""
    method: str = "pos"
    """`pos`, `chrom`, `green`, or `module:function`; the function takes `(times, rgb, fps)` or `(frames)` and returns
    `(times, wave)`; see docs/own_method.md."""
    rate_range: Range = (30, 220)
    """Lowest and highest pulse rate in bpm that contact sheets show as accepted, within 30 and 220."""
    invert: bool = True
    """Orient the pulse wave as a PPG: raw POS, CHROM and colours are its negative, and a function's wave is one. If
    false, it is the other way up."""
    bp_within: float = option(60.0, gt=0)
    """Maximum time in seconds from a window to the monitor's value that it takes."""
    bp_interpolate: bool = False
    """Interpolate between the monitor's values before and after a window, each within `bp_within`."""
    min_windows: int = option(5, ge=5)
    """Minimum number of kept windows for a subject to take part in fine-tuning."""
    roi_hz: float = option(1.0, gt=0, le=30)
    """How many times per second a face is detected, if the region of interest is automatic."""
    snr_lengths: tuple[Annotated[float, Field(gt=0.5, le=60)], ...] = option(
        (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20), min_length=2
    )
    """Window lengths in seconds for which Figure 3 shows the share of windows with sufficient SNR."""
    simulation: VideoSimulationOptions = VideoSimulationOptions()
    """Simulated recordings."""
    tuning: RppgTuningOptions = RppgTuningOptions()
    """Fine-tuning."""

    _once = field_validator("snr_lengths")(once_each)

    @field_validator("method", mode="before")
    @classmethod
    def _resolve_method(cls, method: Any) -> Any:
        if not isinstance(method, str):
            return method
        found = resolve("cuffless.methods", method, METHODS)
        if found not in METHODS and ":" not in found:
            raise ValueError(f"choose {', '.join(METHODS)}, or module:function")
        return found if found in METHODS else check_name(found, "method", "my_method:run")

    @field_validator("rate_range")
    @classmethod
    def _check_rate_range(cls, value: Range) -> Range:
        low, high = value
        if not 30 <= low < high <= 220:
            raise ValueError("the lowest rate comes first, then a higher one, both within 30 and 220 bpm")
        return value

    @model_validator(mode="after")
    def _check_source(self) -> "RppgOptions":
        for source, key, what in (
            ("videos", "manifest", "the CSV that lists them"),
            ("ready", "path", "the HDF5 file that holds the windows"),
        ):
            if self.source == source and not getattr(self, key):
                raise ValueError(f"{key}: source {source} needs {what}")
        if self.tuning.conditions and self.source != "videos":
            raise ValueError("tuning.conditions: only a manifest (source videos) tells conditions; leave it empty")
        return self

    def pulse(self) -> str:
        """Options that make a pulse wave of colours, as canonical JSON."""
        return self._part(_PULSE)

    def gathering(self) -> str:
        """Options that make labelled windows of colours, as canonical JSON."""
        return self._part(_WINDOWS)

    def _part(self, names: tuple[str, ...]) -> str:
        return json.dumps(self.model_dump(mode="json", include=set(names)), sort_keys=True)
