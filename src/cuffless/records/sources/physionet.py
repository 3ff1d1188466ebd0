"""Waveforms from PhysioNet: listed and described from headers; signals are fetched where PPG and ABP are present."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from cuffless.config import DownloadOptions, RecordOptions
from cuffless.errors import shortened
from cuffless.files import file_lock
from cuffless.records.formats.wfdb_files import missing_signal, open_wfdb, segment_names
from cuffless.records.formats.wfdb_headers import read_header
from cuffless.records.record import Record, RecordError
from cuffless.records.record_lists import Listed, list_file, read_list
from cuffless.records.remote.checksums import Checksums
from cuffless.records.remote.download import AbsentError, Downloader, DownloadError
from cuffless.records.source import Entry, Source, split_path

_SUMS = "SHA256SUMS.txt"
_WITH_SUMS = ("mimic3wdb", "mimic4wdb", "challenge-2015")  # databases that publish checksums
_IN_FOLDERS = ("mimic3wdb", "mimic4wdb")  # databases without records at their root


class PhysioNet(Source):
    """Records of MIMIC-III (matched subset or all), MIMIC-IV, the 2015 Challenge or another database of WFDB records,
    fetched by HTTP into a cache of the same layout.

    Headers are fetched when a record is described, signal files of segments with both signals when it is prepared;
    all are checked against the database's checksums.
    """

    digests_name_files = True

    def __init__(self):
        self._unlisted: dict[str, str] = {}  # folders whose records are unknown, and why

    def connections(self, options: RecordOptions) -> int:
        """Simultaneous connections."""
        return options.download.connections

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """Records of the list, or all waveform records of the database; patients come from folders or are resolved."""
        patients = _patients(options)

        def concerns(one: Listed) -> bool:
            return shard is None or one.concerns(shard, options.shards)

        for one in _expand_folders(filter(concerns, listed_records(options)), downloader(options), concerns):
            patient = one.patient or patients.get(one.number, "")
            identity = "patient" if patient else "record"
            path = "#".join(filter(None, (one.path, ",".join(one.segments))))
            if one.problem:
                self._unlisted[path] = one.problem
            yield Entry(path, one.path.rstrip("/").rpartition("/")[2], patient, identity, one.patient or one.number)

    def survey(self, path: str, options: RecordOptions) -> Record:
        """Fetch and read a record's headers, as many as show whether it has both signals."""
        if path in self._unlisted:
            raise RecordError(self._unlisted[path])
        source = downloader(options)
        file, listed = split_path(path)
        folder = file.parent
        master = read_header(source.fetch(f"{file}.hea").with_suffix(""))
        names = segment_names(master, listed)
        header = _header_or_none(f"{folder / master.layout}", source) if names and master.layout else None
        if header:
            problem = missing_signal(header.names, options)
            if problem:
                raise RecordError(f"{shortened(file.name)}: {problem}", tuple(header.names), master.length / master.fs)
        for name in names:
            try:
                source.fetch(f"{folder / name}.hea")
            except DownloadError as error:  # only this segment is lost: open_wfdb reports it
                print(f"{shortened(file.name)}: segment {shortened(name)} skipped: {error}", flush=True)
        return self._open(path, options, need_abp=True, headers_only=True)

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open the files that `prepare` fetched."""
        return self._open(path, options, need_abp=need_abp)

    def digest(self, record: Record, options: RecordOptions) -> str:
        """SHA-256 over the names and published checksums of a record's files, known before they are fetched."""
        source = downloader(options)
        sums = checksums_of(options.database, options.download)
        digest = hashlib.sha256(f"{record.size}\n".encode())
        for file in record.files:
            path = Path(file).relative_to(source.folder).as_posix()
            digest.update(f"{sums.lookup(path) if sums else ''} {path}\n".encode())
        return digest.hexdigest()

    def prepare(self, path: str, options: RecordOptions, known: Iterable[str] = ()) -> list[str]:
        """Fetch the signal files of segments with both signals, complete and checked."""
        source, known = downloader(options), "\n".join(known)
        files = [Path(file).relative_to(source.folder).as_posix() for file in self.survey(path, options).files]
        files = [file for file in files if file not in known]
        failed = [str(error) for _, error in sorted(source.fetch_all(files).items())]
        return failed + [note for host in source.unproven if (note := _unproven(host)) not in known]

    @contextmanager
    def reserve(self, path: str, options: RecordOptions) -> Iterator[None]:
        """Hold a lock beside the record's header while its signals are in the cache."""
        header = downloader(options).folder / split_path(path)[0]
        with file_lock(header.with_name(f".{header.name}.lock")):
            yield

    def release(self, path: str, options: RecordOptions) -> None:
        """Delete a record's signal files from the cache; headers stay, and a mirror's files are not touched."""
        try:
            files = self._open(path, options, need_abp=True, headers_only=True).files
        except RecordError:
            return  # nothing was fetched
        for file in files:
            Path(file).unlink(missing_ok=True)

    def _open(self, path: str, options: RecordOptions, **how) -> Record:
        return open_wfdb(f"{downloader(options).folder}/{path}", options, **how)


def listed_records(options: RecordOptions) -> Iterable[Listed]:
    """Records and folders selected by the configuration.

    Raises
    ------
    RecordError
        If the list cannot be read, or the database has none.
    """
    if options.record_list:
        return list_file(options.record_list, in_folders=options.database.startswith(_IN_FOLDERS))
    source = downloader(options)
    for name in ("RECORDS-waveforms", "RECORDS"):
        try:
            return read_list(source.text(name).splitlines())
        except AbsentError:
            continue
    # The Challenges keep a list in the folder of each set, and the checksums name every file.
    sums = checksums_of(options.database, options.download)
    if sums and (folders := sums.folders("RECORDS")):
        return [Listed(f"{folder}/") for folder in folders]
    raise RecordError(
        f"{options.database}: found neither RECORDS-waveforms nor RECORDS; check records.database and "
        "records.download.url, or list the records in a file (records.record_list)"
    )


def fetch_index(options: RecordOptions) -> dict:
    """Fetch what is needed to list a database: its list of records, its checksums and the patients' names.

    Returns
    -------
    dict
        ``database``; ``listed``: number of records and folders to search; ``checksums``: whether the database
        publishes them (otherwise only file lengths are checked); ``resolved``: records whose patient is known from
        another database; ``unproven``: other hosts that served files without checksums, if any.
    """
    found = {
        "database": options.database,
        "listed": len(list(listed_records(options))),
        "checksums": checksums_of(options.database, options.download) is not None,
        "resolved": len(_patients(options)),
    }
    hosts = downloader(options).unproven
    return found | ({"unproven": hosts} if hosts else {})


def downloader(options: RecordOptions) -> Downloader:
    """The process's only connection pool to a database."""
    return _downloader(options.database, options.download)


# Several threads survey records at once: the first fetches the checksums, the others wait.
_INDEXING = threading.RLock()


@cache
def _downloader(database: str, options: DownloadOptions) -> Downloader:
    def checksum(path: str) -> str | None:
        # The checksum file is fetched through here too, and has no checksum itself.
        sums = None if path == _SUMS else checksums_of(database, options)
        return sums.lookup(path) if sums else None

    def unproven(path: str, host: str) -> None:
        if path == _SUMS or checksums_of(database, options):
            return
        if database.startswith(_WITH_SUMS) or urlsplit(options.url).hostname == "physionet.org":
            raise DownloadError(
                f"{database}: {path} was redirected to {host}, and without {_SUMS} it cannot be verified; fetch from "
                "https://physionet.org/files or a mirror with checksums (records.download.url)"
            )
        if host not in made.unproven:
            made.unproven.append(host)
            print(_unproven(host), flush=True)

    made = Downloader(database, options, checksum, unproven)
    return made


def _unproven(host: str) -> str:
    return f"{host} served files in place of records.download.url; without {_SUMS} they are not verified"


def checksums_of(database: str, options: DownloadOptions) -> Checksums | None:
    """Checksums of a database, fetched once; None if it does not publish any."""
    with _INDEXING:
        return _checksums(database, options)


@cache
def _checksums(database: str, options: DownloadOptions) -> Checksums | None:
    index = Path(options.cache, database, "checksums.sqlite")
    if not index.is_file():
        source = Downloader(database, options)
        try:
            text = source.fetch(_SUMS)
        except AbsentError:
            return None
        Checksums.build(text, index)
        text.unlink(missing_ok=True)  # another job may have deleted it
    return Checksums(index)


@cache
def _patients_of(database: str, options: DownloadOptions) -> dict[str, str]:
    """Patient of each record id, from the file names of a matched database."""
    sums = checksums_of(database, options)
    return sums.patients() if sums else {}


def _patients(options: RecordOptions) -> dict[str, str]:
    if not options.database.startswith("mimic3wdb/") or not options.resolve:
        return {}
    return _patients_of(options.resolve, options.download)


def _expand_folders(
    listed: Iterable[Listed], source: Downloader, concerns: Callable[[Listed], bool] = lambda one: True
) -> list[Listed]:
    """The list with folders replaced by their records; segments of a listed record are left out."""
    found: dict[str, Listed] = {}
    for one in listed:
        for inner in _records_in_folder(one, source, concerns) if one.path.endswith("/") else [one]:
            if inner.path not in found or not inner.segments:
                found[inner.path] = inner
    known = [path for path in found if not found[path].problem]
    bare = {path for path in known if found[path].patient and found[path].number != path.rpartition("/")[2]}
    folders = {path.rpartition("/")[0] for path in bare}
    covered = {
        f"{folder}/{name}"
        for path in known
        if path not in bare and (folder := path.rpartition("/")[0]) in folders
        for name in _segments_of(path, source)
    }
    return [found[path] for path in sorted(found) if path not in covered]


def _records_in_folder(folder: Listed, source: Downloader, concerns: Callable[[Listed], bool]) -> Iterator[Listed]:
    """Records of a folder and of the folders in its RECORDS; the folder itself if that cannot be fetched."""
    try:
        lines = source.text(f"{folder.path}RECORDS").splitlines()
    except AbsentError:
        yield Listed(f"{folder.path}{folder.path.rstrip('/').rpartition('/')[2]}")
        return
    except DownloadError as error:
        yield Listed(
            folder.path, problem=f"{shortened(folder.path, 120)}: its list of records cannot be fetched: {error}"
        )
        return
    for one in read_list(f"{folder.path}{line.strip()}" for line in lines if line.strip()):
        if not one.path.endswith("/"):
            yield one
        elif len(one.path) > len(folder.path) and concerns(one):  # a folder that lists itself would never end
            yield from _records_in_folder(one, source, concerns)


def _header_or_none(path: str, source: Downloader):
    """A header that only saves time; None, with a line in the log, if it cannot be fetched or read."""
    try:
        return read_header(source.fetch(f"{path}.hea").with_suffix(""))
    except RecordError as error:
        print(f"{shortened(path, 120)}.hea skipped: {error}", flush=True)
        return None


def _segments_of(path: str, source: Downloader) -> list[str]:
    try:
        master = read_header(source.fetch(f"{path}.hea").with_suffix(""))
    except (DownloadError, RecordError):
        return []
    return [name for name, _ in master.segments or ()]
