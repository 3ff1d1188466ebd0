"""Options of the stages up to the splits; every default is the method's number."""

import json
from typing import Any, Literal

from pydantic import field_validator, model_validator

from cuffless.options import Options, Range, option
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
    """Seed; draws depend on it and the subject's number alone."""
    confounding: float = option(1.0, ge=0, le=2)
    """Scale of the subjects' own confounders: 0, all share one pulse shape; 1, as in hospital; 2, twice."""
    artefacts: bool = True
    """Add motion, flat lines, dropouts and flushes."""
    multi_segment: float = option(0.4, ge=0, le=1)
    """Share of records written as several segments with gaps between them."""
    records: int = option(1, ge=1, le=6)
    """Records into which each subject's recording is divided; each must last a minute or more."""

    @model_validator(mode="after")
    def _minutes_suffice(self) -> "SimulatorOptions":
        if self.records > 1 and self.minutes < self.records:
            raise ValueError(
                f"records: {self.minutes:g} minutes make no {self.records} records of a minute or more; "
                "raise minutes or lower records"
            )
        return self


class ChannelOptions(Options):
    """Names under which a signal occurs, compared without regard to case. Of several channels of one name, `PLETH#2` is
    the second; `#2` is the second channel of a recording, whatever its name.
    """

    ppg: tuple[str, ...] = option(("PLETH", "PPG", "PLETH L", "PLETH R"), min_length=1)
    """PPG."""
    abp: tuple[str, ...] = option(("ABP", "ART", "FEM"), min_length=1)
    """Invasive arterial pressure."""


class DownloadOptions(Options):
    """Fetching from PhysioNet; changes no result."""

    url: str = "https://physionet.org/files"
    """Where databases lie; a mirror of the same layout does as well."""
    cache: str = "resources/records"
    """Folder of what was fetched, laid out as on the server: `<cache>/<database>/<version>/...`."""
    mirror: str = ""
    """Folder of the same layout that is looked into first, read-only: its files are linked, not fetched."""
    connections: int = option(4, ge=1, le=16)
    """Connections at once, over all jobs."""
    attempts: int = option(8, ge=1)
    """Times that a file is tried, with waits that double up to two minutes, before it is given up."""
    timeout_seconds: float = option(60.0, gt=0)
    """Silence after which a connection counts as dead."""
    keep_raw: bool = True
    """Keep signal files; false: fetch them as they are cut, and delete a shard's once its windows are written."""
    reserve_gb: float = option(2.0, ge=0)
    """Disk space that is never used up: a job that would stops with a clear word."""
    largest_gb: float = option(20.0, gt=0)
    """Largest file: one that is announced as longer, or goes on for longer, is given up."""
    slowest_kb_s: float = option(1.0, ge=0)
    """Least rate in kB/s over ten minutes; a connection that is slower counts as dead. 0: none is too slow."""


class RecordOptions(Options):
    """Where recordings come from and how they are read."""

    source: str = option("simulator", pattern=rf"^({'|'.join(SOURCES)}|[A-Za-z_][\w.]*:[A-Za-z_]\w*)$")
    """Where recordings come from: `simulator`, `physionet`, what the files in a folder hold (docs/own_source.md lists
    all), the name of a source that an installed package adds, or your own, `module:class`."""
    path: str = ""
    """Folder of the recordings, searched recursively (all but `simulator`, `physionet`); relative to the working
    directory."""
    database: str = option("mimic3wdb-matched/1.0", pattern=r"^[\w.-]+/[\w.-]+$")
    """Database and version of `physionet`: `mimic3wdb-matched/1.0`, `mimic3wdb/1.0`, `mimic4wdb/0.1.0`,
    `challenge-2015/1.0.0`, or another of WFDB records."""
    record_list: str = ""
    """File that names the records of `physionet` to take: one a line (`39/3982843_0010`, or as in a RECORDS file), or a
    CSV with a column `record`; empty: all waveform records."""
    resolve: str = "mimic3wdb-matched/1.0"
    """Database whose file names tell the patients of `mimic3wdb`; empty: a record stands for its patient."""
    include: tuple[str, ...] = ("*",)
    """Patterns of records to take: of their names, or of their paths below the folder (`ward/*`)."""
    exclude: tuple[str, ...] = ()
    """Patterns of records to leave out, as in `include`."""
    shards: int = option(8, ge=1, le=100_000)
    """Number of jobs that share the subjects (by hash of the subject)."""
    identity: Literal["auto", "record", "runs"] = "auto"
    """Whom a record is of. `auto`: the patient that a folder or file names, else the record stands for its person;
    `runs`: where no patient is named, records of neighbouring numbers that keep windows count as one person; `record`:
    every record stands for its person, even if patients are named."""
    runs_gap: int = option(3, ge=0)
    """Greatest difference between the numbers of neighbours in a run (`identity: runs`)."""
    channels: ChannelOptions = ChannelOptions()
    """Channel names of PPG and ABP."""
    invert: bool = False
    """Turn the PPG over: it is recorded upside down (light that falls at systole). The quality table says of which
    recordings it seems to be."""
    fs: float = option(125.0, ge=50, multiple_of=25)
    """Sampling rate in Hz to which every recording is brought; a multiple of 25."""
    csv_fs: float | None = option(None, ge=40, le=5000)
    """Sampling rate of recordings in text files (`csv`) in Hz; empty: as the file tells (a column of times, its head),
    else 125."""
    csv_columns: tuple[str, ...] = ()
    """Names of a text file's columns where it names none, e.g. `[ppg, abp]`; empty: its head names them."""
    csv_rows: bool = False
    """Text files hold one signal per row (transposed)."""
    ready_fs: float = option(125.0, ge=40, le=5000)
    """Sampling rate of `ready` windows in Hz, where their file does not say it."""
    memory_gb: float = option(64.0, gt=0)
    """Memory in GB that a file may ask for: one that announces more, or unpacks to more, is refused, as is one that
    asks for more than is free. Only files that cannot be read piece by piece ask for it (text, .vital, older .mat)."""
    verify: bool = False
    """Compare the signals of WFDB records with the checksums of their headers as they are cut; one that differs is said
    in the quality table. Each file is read once more."""
    parameters: dict[str, Any] = option({})
    """Handed to a source of your own in `options.parameters`."""
    download: DownloadOptions = DownloadOptions()
    """Fetching from PhysioNet."""

    @field_validator("source", mode="before")
    @classmethod
    def _resolved(cls, value: Any) -> Any:
        return resolve("cuffless.sources", value, SOURCES) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _folder_is_named(self) -> "RecordOptions":
        if self.source not in ("simulator", "physionet") and ":" not in self.source and not self.path:
            raise ValueError(f"records.path: source {self.source} needs the folder of the recordings")
        return self

    def choosing(self) -> str:
        """The options that decide which records there are and how they are read, as canonical JSON."""
        fields = type(self).model_fields
        defaults = {name: fields[name].default for name in ("identity", "runs_gap", "download", "verify")}
        return self.model_copy(update=defaults).canonical()

    def naming(self) -> str:
        """The options that decide whom a record is of once its windows are cut, as canonical JSON."""
        gap = {"runs_gap": self.runs_gap} if self.identity == "runs" else {}
        return json.dumps({"identity": self.identity, **gap}, sort_keys=True)

    def reading(self) -> str:
        """The options that decide how a file is read, as canonical JSON; the others only choose files."""
        local = self.source in ("simulator", "wfdb", "csv")  # told apart by the file itself
        chosen = ["record_list", "resolve", "include", "exclude", "shards", "identity", "runs_gap", "download"]
        chosen += ["path"] * (local or self.source == "physionet")  # the others name a folder, and one's own may use it
        defaults = {name: type(self).model_fields[name].default for name in chosen}
        return self.model_copy(update={**defaults, **({"source": "simulator"} if local else {})}).canonical()


class WindowOptions(Options):
    """Cutting, labelling and accepting windows."""

    preset: Literal["default", "paper", "code"] = "default"
    """Rules and settings as a whole: `default`, the `paper`'s, or its authors' `code`. Options given beside it win."""
    cropping: Literal["beats", "time"] = "beats"
    """`beats`: whole pulse waves (const_beats); `time`: fixed seconds (const_time)."""
    length: int = option(7, ge=1, le=60)
    """Window length: beats or seconds."""
    samples_per_beat: int = option(125, ge=16, le=500)
    """Samples a beat (a second, for `time`) after resampling: 7 x 125 = 875."""
    overlap: float = option(0.0, ge=0, lt=0.95)
    """Overlap of neighbouring windows as a fraction of a window."""
    band: Range = (0.5, 8.0)
    """Pass band of the PPG filter in Hz."""
    filter_order: int = option(4, ge=1, le=8)
    """Order of the Butterworth filter, applied forwards and backwards."""
    pulse_rate: Literal["subharmonic", "peak"] = "subharmonic"
    """Highest spectral peak, with a check for its sub-harmonic, or bare (the paper)."""
    pulse_search: Range = (0.67, 3.0)
    """Search band of the pulse frequency in Hz. A slower or faster pulse (24 to 250 bpm) is recognized by its harmonics
    and has its own rate, so that the rule `hr` rejects it."""
    pulse_block_seconds: float = option(16.0, ge=8, le=64)
    """Stretch over which the local pulse frequency is measured."""
    subharmonic_ratio: float = option(0.3, gt=0, lt=1)
    """Half the frequency is taken if its amplitude exceeds this share of the peak's."""
    subharmonic_min_hz: float = option(0.7, gt=0)
    """Lowest frequency that the sub-harmonic check may choose."""
    snr_db: float = -7.0
    """Least SNR in dB."""
    snr_seconds: float = option(7.0, ge=1)
    """Stretch over which the SNR is measured, centred on the window."""
    snr_band_hz: float = option(0.1, gt=0)
    """Half-width of the signal band around the pulse frequency."""
    snr_harmonic_hz: float = option(0.1, gt=0)
    """Half-width of the signal band around its first harmonic."""
    snr_range: Range = (0.5, 8.0)
    """Band in Hz that holds signal and noise."""
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
    """Greatest range of SBP and of DBP over the beats of a window in mmHg."""
    rates_bpm: float = option(5.0, gt=0)
    """Greatest difference between PPG and ABP rates in bpm."""
    pulses_tolerance: int = option(1, ge=0)
    """Allowed difference between the systolic peaks counted in the PPG and the beats expected."""
    flat_seconds: float = option(0.2, gt=0)
    """A run of equal samples of this length is a flat line."""
    saturated_seconds: float = option(0.1, gt=0)
    """A run of equal samples of this length at a window's extreme is saturation."""
    labels: Literal["exact", "code"] = "exact"
    """`exact`: median of the beats' pressures; `code`: one sample early and truncated, as the authors."""
    rules: tuple[Literal[RULES], ...] = RULES
    """Names of the rules, in the order in which they may reject a window."""

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
            raise ValueError("the first number must be the smaller one")
        return value

    @field_validator("rules")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("each rule may stand once")
        return value

    @property
    def samples(self) -> int:
        """Samples of a window after resampling."""
        return self.length * self.samples_per_beat


class SplitOptions(Options):
    """Dividing windows into training, validation and test sets."""

    kind: Literal["nonmixed", "record", "mixed", "official"] = "nonmixed"
    """`nonmixed`: by subject; `record`: by record, of whichever subject (the authors' "non-mixed"); `mixed`: by window,
    whosever it is; `official`: as published with the data set (`mimicbp`, PulseDB's subsets, a source of your own)."""
    windowing: str = "main"
    """Name of the windowing."""
    cap: int = option(2000, ge=1)
    """Most windows of one subject."""
    subjects: tuple[int, int, int] = (3750, 625, 625)
    """Subjects (`record`: records) for training, validation, test (`nonmixed`, `record`)."""
    mixed_subjects: int = option(750, ge=1)
    """Subjects drawn for a `mixed` split."""
    windows: tuple[int, int, int] = (1_000_000, 250_000, 250_000)
    """Windows drawn for training, validation, test."""
    fractions: tuple[float, float, float] = (0.75, 0.125, 0.125)
    """Shares used where there are fewer subjects than asked for, and for an `official` split without a validation set,
    which is taken from the training subjects."""
    stratify: Literal["none", "sbp"] = "none"
    """`sbp`: divide blocks of subjects (records) of like mean SBP, so that a small test set spans the range."""
    min_windows: int = option(1, ge=1)
    """A subject with fewer kept windows is left out."""
    leakage: Literal["fail", "warn"] = "fail"
    """What an undeclared leak does."""
    duplicate_correlation: float = option(0.9999, gt=0.9, lt=1)
    """Correlation, at the best shift up to 0.016 beats, from which on windows of two sets are copies of one signal.
    Among 280,000 simulated windows others reach 0.9995 (of two people) and 0.9998 (of one); copies in 8 bits, or with
    noise of 1 % of their SD, have 0.9999 and more."""
    seed: int = option(0, ge=0)
    """Seed of the draws."""

    @field_validator("fractions")
    @classmethod
    def _sum_to_one(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(value) <= 0 or abs(sum(value) - 1) > 1e-6:
            raise ValueError("three positive shares that add up to 1")
        return value

    @field_validator("subjects", "windows")
    @classmethod
    def _positive(cls, value: tuple[int, int, int]) -> tuple[int, int, int]:
        if min(value) < 1:
            raise ValueError("three positive counts")
        return value

    def drawing(self) -> str:
        """The options that decide what is drawn and how it is audited, as canonical JSON; not what a copy is."""
        return json.dumps(self.model_dump(mode="json", exclude={"duplicate_correlation"}), sort_keys=True)
