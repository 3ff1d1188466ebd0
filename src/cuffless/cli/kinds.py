"""Files that are neither text nor WFDB: which source reads one, and which of its recordings is meant."""

from pathlib import Path

from cuffless.cli.answers import UsageError
from cuffless.config import RecordOptions
from cuffless.errors import some_of
from cuffless.records import Record, open_record, refusing, source_named, split_path

_SOURCES = {
    ".vital": "vital",
    ".edf": "edf",
    ".bdf": "edf",
    ".npy": "mimicbp",
    ".mat": "kachuee",
    ".h5": "ready",
    ".hdf5": "ready",
}
ENDINGS = ", ".join(_SOURCES)
OTHERS = tuple(dict.fromkeys(_SOURCES.values()))


def source_of(path: Path) -> str | None:
    """The source that reads a file; None for text and WFDB, also MATLAB's files beside a WFDB header."""
    file = _parted(path)[0]
    source = _SOURCES.get(file.suffix.lower())
    if source == "kachuee":
        if file.with_suffix(".hea").is_file():
            return None
        from cuffless.records.sources.ready import is_ready

        return "ready" if file.is_file() and is_ready(file) else source
    return source


def open_file(
    path: Path, source: str, options: RecordOptions, fs: float | None, described: bool, need_abp: bool
) -> Record:
    """Open a recording of a source.

    Parameters
    ----------
    path : Path
        A file, or ``file#part`` for one of several recordings in it.
    source : str
        As from `source_of`.
    options : RecordOptions
    fs : float or None
        Sampling rate in Hz of ready windows, where their file does not say it.
    described : bool
        Whether columns or rows of a text were named.
    need_abp : bool
        False: PPG alone suffices.

    Returns
    -------
    Record

    Raises
    ------
    UsageError
        If there is no such file, it is described as if it were text, or it holds several recordings and none is named.
    RecordError
        If it cannot be used.
    """
    file, part = _parted(path)
    if not file.is_file():
        raise UsageError(f"{file} does not exist")
    if described or (fs is not None and source != "ready"):
        raise UsageError(f"--fs, --columns and --rows describe a CSV; {file.name} says these itself")
    changed = {"source": source, "path": str(file.parent), **({"ready_fs": fs} if fs is not None else {})}
    options = RecordOptions.model_validate({**options.model_dump(), **changed})
    named = source_named(source)
    if hasattr(named, "parts") and not part:
        with refusing(source, str(file)):
            parts = named.parts(file)
        if len(parts) > 1:
            raise UsageError(
                f"{file.name} holds {len(parts):,} recordings; name one after #, e.g. {file.name}#{parts[0]} "
                f"({some_of(parts, 4)})"
            )
        part = parts[0] if parts else ""
    return open_record(f"{file}#{part}" if part else file, options, need_abp=need_abp)


def _parted(path: Path) -> tuple[Path, str]:
    """File and part; a file that itself has a number sign in its name has none."""
    return (path, "") if path.is_file() else split_path(path)
