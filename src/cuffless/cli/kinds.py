"""Files that are neither text nor WFDB: the source that reads a file, and the recording chosen in it."""

from pathlib import Path

from cuffless.cli.answers import UsageError
from cuffless.config import RecordOptions
from cuffless.errors import some_of
from cuffless.records import Record, get_source, open_record, source_errors, split_path

_SOURCES = {
    ".vital": "vital",
    ".edf": "edf",
    ".bdf": "edf",
    ".npy": "mimicbp",
    ".mat": "kachuee",
    ".h5": "ready",
    ".hdf5": "ready",
}
SUFFIXES = ", ".join(_SOURCES)
FILE_SOURCES = tuple(dict.fromkeys(_SOURCES.values()))


def source_of(path: Path) -> str | None:
    """The source that reads a file; None for text and WFDB, including MATLAB files beside a WFDB header."""
    file = _split_part(path)[0]
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
    """Open a recording from a source.

    Parameters
    ----------
    path : Path
        A file, or ``file#part`` for one of several recordings in it.
    source : str
        From `source_of`.
    options : RecordOptions
    fs : float or None
        Sampling rate of ready-made windows in Hz, if their file does not give it.
    described : bool
        Whether columns or rows of a text file were given.
    need_abp : bool
        As for `open_record`, which opens it.

    Raises
    ------
    UsageError
        If there is no such file, it is described like a text file, or none of its several recordings is chosen.
    """
    file, part = _split_part(path)
    if not file.is_file():
        raise UsageError(f"{file} not found")
    if described or (fs is not None and source != "ready"):
        raise UsageError(f"--fs, --columns and --rows are for text files; {file.name} gives these itself")
    changed = {"source": source, "path": str(file.parent), **({"ready_fs": fs} if fs is not None else {})}
    options = RecordOptions.model_validate({**options.model_dump(), **changed})
    reader = get_source(source)
    if hasattr(reader, "parts") and not part:
        with source_errors(source, str(file)):
            parts = reader.parts(file)
        if len(parts) > 1:
            raise UsageError(
                f"{file.name} has {len(parts):,} recordings; give one after #, e.g. {file.name}#{parts[0]} "
                f"({some_of(parts, 4)})"
            )
        part = parts[0] if parts else ""
    return open_record(f"{file}#{part}" if part else file, options, need_abp=need_abp)


def _split_part(path: Path) -> tuple[Path, str]:
    """File and part; a file with a number sign in its own name has no part."""
    return (path, "") if path.is_file() else split_path(path)
