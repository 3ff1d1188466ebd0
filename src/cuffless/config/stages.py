"""Options of the stages up to the splits; every default is the method's number."""

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import field_validator, model_validator

from cuffless.identities import RULES as IDENTITIES
from cuffless.identities import subject_pattern
from cuffless.options import Options, Range, once_each, option
from cuffless.plugins import modules_in, resolve
from cuffless.rejection import RULES

SOURCES = modules_in("records/sources")

LIMITS: dict[str, dict[str, Range]] = {
    "paper": {"sbp_range": (75.0, 165.0), "dbp_range": (40.0, 80.0)},
    "code": {"sbp_range": (40.0, 200.0), "dbp_range": (40.0, 120.0)},
}

# What a preset says where the configuration is silent.
PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "paper": {"rules": ("missing", "beats", "hr", "sbp", "dbp", "snr"), "pulse_rate": "peak"},
    "code": {
        "cropping": "time",
        "overlap": 0.5,
        "limits": "code",
        "labels": "code",
        "pulse_rate": "peak",
        "rules": ("missing", "beats", "hr", "sbp", "dbp"),
    },
}


class SimulatorOptions(Options):
    """The simulated cohort."""

    subjects: int = option(160, ge=1, le=999_999)
    """Number of subjects."""
    minutes: float = option(20.0, gt=0.5)
    """Length of each subject's recording in minutes."""
    seed: int = option(0, ge=0)
    """Seed; a subject depends only on it and on the subject's number."""
    confounding: float = option(1.0, ge=0, le=2)
    """Strength of the subjects' own confounders. 0: all share one pulse shape; 1: as in hospital; 2: twice that."""
    artefacts: bool = True
    """Add motion, flat lines, dropouts and flushes."""
    multi_segment: float = option(0.4, ge=0, le=1)
    """Share of records written as several segments with gaps between them."""
    records: int = option(1, ge=1, le=6)
    """Number of records into which each subject's recording is divided; each must last at least a minute."""

    @model_validator(mode="after")
    def _minutes_suffice(self) -> "SimulatorOptions":
        if self.records > 1 and self.minutes < self.records:
            raise ValueError(
                f"records: {self.minutes:g} minutes cannot be divided into {self.records} records of a minute or more; "
                "raise minutes or lower records"
            )
        return self


class ChannelOptions(Options):
    """Names of the channels that hold a signal; case does not matter. `PLETH#2` is the second of several channels
    named `PLETH`, `#2` the second channel of a recording, whatever its name.
    """

    ppg: tuple[str, ...] = option(("PLETH", "PPG", "PLETH L", "PLETH R"), min_length=1)
    """PPG."""
    abp: tuple[str, ...] = option(("ABP", "ART", "FEM"), min_length=1)
    """Invasive arterial pressure."""


class DownloadOptions(Options):
    """Downloading from PhysioNet; does not change results."""

    url: str = "https://physionet.org/files"
    """Server of the databases; a mirror with the same layout works too."""
    cache: str = "resources/records"
    """Folder for downloaded files, laid out as on the server: `<cache>/<database>/<version>/...`."""
    mirror: str = ""
    """Local folder with the same layout, searched first and never changed: its files are linked, not downloaded."""
    connections: int = option(4, ge=1, le=16)
    """Maximum number of simultaneous connections, over all jobs."""
    attempts: int = option(8, ge=1)
    """Attempts per file, with waits that double up to two minutes."""
    timeout_seconds: float = option(60.0, gt=0)
    """Seconds without data after which a connection is given up."""
    keep_raw: bool = True
    """Keep signal files; false: download them when windows are cut, and delete them once a shard is cut."""
    reserve_gb: float = option(2.0, ge=0)
    """Free disk space to keep, in GB. A job that would go below it stops with an error."""
    largest_gb: float = option(20.0, gt=0)
    """Maximum size of a file in GB; a larger download is abandoned."""
    slowest_kb_s: float = option(1.0, ge=0)
    """Minimum rate in kB/s, over ten minutes; a slower connection is given up. 0: no limit."""


class RecordOptions(Options):
    """Where recordings come from and how they are read."""

    source: str = option("simulator", pattern=rf"^({'|'.join(SOURCES)}|[A-Za-z_][\w.]*:[A-Za-z_]\w*)$")
    """Where recordings come from: `simulator`, `physionet`, what the files in a folder hold (docs/own_source.md lists
    all), the name of a source that an installed package adds, or your own, `module:class`."""
    path: str = ""
    """Folder of the recordings, searched recursively, relative to the working directory; needed by all sources but
    `simulator` and `physionet`."""
    database: str = option("mimic3wdb-matched/1.0", pattern=r"^[\w.-]+/[\w.-]+$")
    """Database and version of `physionet`: `mimic3wdb-matched/1.0`, `mimic3wdb/1.0`, `mimic4wdb/0.1.0`,
    `challenge-2015/1.0.0`, or another of WFDB records."""
    record_list: str = ""
    """File that lists the records of `physionet` to use: one per line (`39/3982843_0010`, or as in a RECORDS file), or
    a CSV with a column `record`; empty: all waveform records."""
    resolve: str = "mimic3wdb-matched/1.0"
    """Database whose file names identify the patients of `mimic3wdb`; empty: each record counts as one person."""
    include: tuple[str, ...] = ("*",)
    """Patterns of records to use, compared with their names and with their paths below the folder (`ward/*`)."""
    exclude: tuple[str, ...] = ()
    """Patterns of records to leave out, as for `include`."""
    shards: int = option(8, ge=1, le=100_000)
    """Number of jobs among which the records are divided (by a hash), those of a patient together."""
    identity: str = "auto"
    """Which person a record belongs to. `auto`: the one that `subjects` gives, or the patient named by its folder or
    file (p000123), or, if none is named, a person of its own; `folder`: the first folder below `path`; `file`: each
    file is one person, whatever it holds; a pattern such as `{subject}_*`: the part of the file's name, or with a slash
    of its path below `path`, that `{subject}` (or `(?P<subject>...)` of a regular expression) stands for; `runs`: where
    nobody is named, records with neighbouring numbers that keep windows count as one person; `record`: each record
    counts as one person, even where people are named."""
    subjects: str = ""
    """Table of people (CSV or TSV): whom records are of, age, sex, height, weight, bmi (docs/own_records.md). Empty:
    `subjects.csv`, or else `participants.tsv`, in `path` if there is one; `none`: no table."""
    runs_gap: int = option(3, ge=0)
    """Maximum difference between the numbers of neighbouring records in a run (`identity: runs`)."""
    channels: ChannelOptions = ChannelOptions()
    """Channel names of PPG and ABP."""
    invert: bool = False
    """Turn the PPG upside down, for recordings of light that falls at systole. The quality table lists recordings that
    seem to need it."""
    fs: float = option(125.0, ge=50, multiple_of=25)
    """Sampling rate in Hz to which all recordings are resampled; a multiple of 25."""
    csv_fs: float | None = option(None, ge=40, le=5000)
    """Sampling rate of text files (`csv`) in Hz; null: from the file (a column of times, its header), otherwise 125."""
    csv_columns: tuple[str, ...] = ()
    """Column names of text files without a header, e.g. `[ppg, abp]`; empty: as in the header."""
    csv_rows: bool = False
    """Text files hold one signal per row (transposed)."""
    ready_fs: float = option(125.0, ge=40, le=5000)
    """Sampling rate of `ready` windows in Hz, if the file does not give it."""
    memory_gb: float = option(64.0, gt=0)
    """Maximum memory in GB that a file may need; one that announces or unpacks to more, or needs more than is free, is
    refused. Only files that cannot be read piece by piece need it (text, .vital, older .mat)."""
    verify: bool = False
    """Check the signals of WFDB records against the checksums in their headers when windows are cut; mismatches are
    listed in the quality table. Each file is read once more."""
    parameters: dict[str, Any] = option({})
    """Passed to a source of your own as `options.parameters`."""
    download: DownloadOptions = DownloadOptions()
    """Downloading from PhysioNet."""

    @field_validator("source", mode="before")
    @classmethod
    def _resolved(cls, value: Any) -> Any:
        return resolve("cuffless.sources", value, SOURCES) if isinstance(value, str) else value

    @field_validator("identity")
    @classmethod
    def _names_people(cls, value: str) -> str:
        if value not in IDENTITIES:
            subject_pattern(value)
        return value

    @model_validator(mode="after")
    def _folder_is_named(self) -> "RecordOptions":
        if self.source == "simulator" and self.by_path:
            raise ValueError(
                f"records.identity: {self.identity} is for files; the simulated people are known: use auto"
            )
        if self.source not in ("simulator", "physionet") and ":" not in self.source and not self.path:
            raise ValueError(f"records.path: source {self.source} needs the folder of the recordings")
        return self

    def choosing(self) -> str:
        """The options that decide which records there are and how they are read, as canonical JSON."""
        fields = type(self).model_fields
        anywhere = self.source in ("simulator", "physionet")  # elsewhere the table may lie among the records
        names = ["identity", "runs_gap", "download", "verify", *(["subjects"] if anywhere else [])]
        defaults = {name: fields[name].default for name in names}
        return self.model_copy(update=defaults).canonical()

    @property
    def by_path(self) -> bool:
        """Whether a record's path names its person."""
        return self.identity not in ("auto", "record", "runs")

    def naming(self) -> str:
        """The options that decide which person a record belongs to once its windows are cut, as canonical JSON."""
        gap = {"runs_gap": self.runs_gap} if self.identity == "runs" else {}
        return json.dumps({"identity": self.identity, **gap}, sort_keys=True)

    def identifying(self) -> str:
        """The options that decide whom the table of records names, as canonical JSON."""
        return self.model_copy(
            update={
                name: field.default
                for name, field in type(self).model_fields.items()
                if name not in ("source", "path", "identity", "subjects")
            }
        ).canonical()

    def reading(self) -> str:
        """The options that decide how a file is read, as canonical JSON; the others only choose files."""
        local = self.source in ("simulator", "wfdb", "csv")  # recognized by the file itself
        chosen = ["record_list", "resolve", "include", "exclude", "shards"]
        chosen += ["identity", "subjects", "runs_gap", "download"]
        chosen += ["path"] * (
            local or self.source == "physionet"
        )  # the others name a folder, which a user's own may use
        defaults = {name: type(self).model_fields[name].default for name in chosen}
        return self.model_copy(update={**defaults, **({"source": "simulator"} if local else {})}).canonical()


if TYPE_CHECKING:
    _RuleName = str
else:
    _RuleName = Literal[RULES]  # known only when it runs


class WindowOptions(Options):
    """Cutting, labelling and accepting windows."""

    preset: Literal["default", "paper", "code"] = "default"
    """Set of rules and settings: `default`, those of the `paper`, or of its authors' `code`. Options given explicitly
    take precedence."""
    cropping: Literal["beats", "time"] = "beats"
    """`beats`: whole pulse waves (const_beats); `time`: fixed seconds (const_time)."""
    length: int = option(7, ge=1, le=60)
    """Window length: beats or seconds."""
    samples_per_beat: int = option(125, ge=16, le=500)
    """Samples per beat (per second for `time`) after resampling: 7 x 125 = 875."""
    overlap: float = option(0.0, ge=0, lt=0.95)
    """Overlap of neighbouring windows as a fraction of a window."""
    band: Range = (0.5, 8.0)
    """Pass band of the PPG filter in Hz."""
    filter_order: int = option(4, ge=1, le=8)
    """Order of the Butterworth filter, applied forwards and backwards."""
    pulse_rate: Literal["subharmonic", "peak"] = "subharmonic"
    """Highest spectral peak: with a check for its sub-harmonic (`subharmonic`), or without (`peak`, the paper)."""
    pulse_search: Range = (0.67, 3.0)
    """Search band of the pulse frequency in Hz. Slower and faster pulses (24 to 250 bpm) are recognized by their
    harmonics, so that the rule `hr` rejects them."""
    pulse_block_seconds: float = option(16.0, ge=8, le=64)
    """Length in seconds of the blocks in which the local pulse frequency is measured."""
    subharmonic_ratio: float = option(0.3, gt=0, lt=1)
    """Half the frequency is used if its amplitude exceeds this fraction of the peak's."""
    subharmonic_min_hz: float = option(0.7, gt=0)
    """Lowest frequency that the sub-harmonic check may choose."""
    snr_db: float = -7.0
    """Minimum SNR in dB."""
    snr_seconds: float = option(7.0, ge=1)
    """Seconds of signal over which the SNR is measured, centred on the window."""
    snr_band_hz: float = option(0.1, gt=0)
    """Half-width in Hz of the signal band around the pulse frequency."""
    snr_harmonic_hz: float = option(0.1, gt=0)
    """Half-width in Hz of the signal band around its first harmonic."""
    snr_range: Range = (0.5, 8.0)
    """Band in Hz of signal and noise together."""
    limits: Literal["paper", "code"] = "paper"
    """Pressure ranges: `paper` 75-165 / 40-80 mmHg, `code` 40-200 / 40-120 mmHg."""
    sbp_range: Range = LIMITS["paper"]["sbp_range"]
    """Accepted SBP in mmHg; set by `limits`."""
    dbp_range: Range = LIMITS["paper"]["dbp_range"]
    """Accepted DBP in mmHg; set by `limits`."""
    hr_range: Range = (50.0, 140.0)
    """Accepted pulse rate in bpm."""
    pulse_pressure_range: Range = (15.0, 120.0)
    """Accepted pulse pressure (SBP - DBP) in mmHg."""
    spread_max: Range = (30.0, 20.0)
    """Maximum range of SBP and of DBP over the beats of a window in mmHg."""
    rates_bpm: float = option(5.0, gt=0)
    """Maximum difference between the pulse rates of PPG and ABP in bpm."""
    pulses_tolerance: int = option(1, ge=0)
    """Allowed difference between the number of systolic peaks in the PPG and the expected number of beats."""
    flat_seconds: float = option(0.2, gt=0)
    """Equal samples for this many seconds are a flat line."""
    saturated_seconds: float = option(0.1, gt=0)
    """Equal samples for this many seconds at a window's minimum or maximum are saturation."""
    labels: Literal["exact", "code"] = "exact"
    """`exact`: median of the beats' pressures; `code`: one sample early and truncated, as in the authors' code."""
    rules: tuple[_RuleName, ...] = RULES
    """Rules, in the order in which they are checked."""

    @model_validator(mode="before")
    @classmethod
    def _apply_presets(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        filled = {**PRESETS.get(values.get("preset", "default"), {}), **values}
        return {**LIMITS.get(filled.get("limits", "paper"), {}), **filled}

    @field_validator("band", "pulse_search", "snr_range", "sbp_range", "dbp_range", "hr_range", "pulse_pressure_range")
    @classmethod
    def _ordered(cls, value: Range) -> Range:
        if not value[0] < value[1]:
            raise ValueError("the first number must be smaller than the second")
        return value

    _once = field_validator("rules")(once_each)

    @property
    def samples(self) -> int:
        """Samples of a window after resampling."""
        return self.length * self.samples_per_beat


class SplitOptions(Options):
    """Dividing windows into training, validation and test sets."""

    kind: Literal["nonmixed", "record", "mixed", "official", "kfold"] = "nonmixed"
    """`nonmixed`: by subject; `record`: by record, regardless of the subject (the authors' "non-mixed"); `mixed`: by
    window, regardless of subject and record; `official`: as published with the data set (`mimicbp`, PulseDB's subsets,
    a source of your own); `kfold`: by subject, each tested once, by the network of one of several folds."""
    windowing: str = "main"
    """Name of the windowing."""
    cap: int = option(2000, ge=1)
    """Maximum number of windows per subject."""
    subjects: tuple[int, int, int] = (3750, 625, 625)
    """Number of subjects (`record`: of records) for training, validation and test (`nonmixed`, `record`)."""
    mixed_subjects: int = option(750, ge=1)
    """Number of subjects sampled for a `mixed` split."""
    windows: tuple[int, int, int] = (1_000_000, 250_000, 250_000)
    """Number of windows sampled for training, validation and test. A `kfold` split tests every window up to `cap`."""
    fractions: tuple[float, float, float] = (0.75, 0.125, 0.125)
    """Fractions used if there are fewer subjects than requested. For an `official` split without a validation set, and
    in each fold of a `kfold` split, the first two divide the subjects that are not tested."""
    folds: int = option(5, ge=2, le=1000)
    """Number of folds (`kfold`); each network is trained once in each, and all subjects take part."""
    stratify: Literal["none", "sbp"] = "none"
    """`sbp`: divide blocks of subjects (records) with similar mean SBP, so that a small test set spans the range. Of a
    `kfold` split the default is `sbp`."""
    min_windows: int = option(1, ge=1)
    """Subjects with fewer kept windows are left out."""
    leakage: Literal["fail", "warn"] = "fail"
    """Whether an undeclared leak stops the study or is only reported."""
    duplicate_correlation: float = option(0.9999, gt=0.9, lt=1)
    """Correlation, at the best shift of up to 0.016 beats, at or above which windows of two sets count as copies of one
    signal. Among 280,000 simulated windows, different ones reach 0.9995 (of two people) and 0.9998 (of one person);
    copies in 8 bits, or with noise of 1 % of their SD, reach 0.9999 or more."""
    seed: int = option(0, ge=0)
    """Seed of the sampling."""

    @model_validator(mode="before")
    @classmethod
    def _suit_the_kind(cls, values: Any) -> Any:
        """Fill in what the kind implies; another number of folds must not make a split without folds run again."""
        if not isinstance(values, dict):
            return values
        if values.get("kind") == "kfold":
            return {"stratify": "sbp", **values}
        return {name: value for name, value in values.items() if name != "folds"}

    @field_validator("fractions")
    @classmethod
    def _sum_to_one(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(value) <= 0 or abs(sum(value) - 1) > 1e-6:
            raise ValueError("three positive fractions that add up to 1 are needed")
        return value

    @field_validator("subjects", "windows")
    @classmethod
    def _positive(cls, value: tuple[int, int, int]) -> tuple[int, int, int]:
        if min(value) < 1:
            raise ValueError("three positive numbers are needed")
        return value

    def drawing(self) -> str:
        """The options that decide what is drawn and how it is audited, as canonical JSON; not what a copy is."""
        return json.dumps(self.model_dump(mode="json", exclude={"duplicate_correlation"}), sort_keys=True)
