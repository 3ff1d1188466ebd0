"""Fetching files from PhysioNet, or a server with the same layout, into a cache."""

import errno
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from cuffless.config import DownloadOptions
from cuffless.errors import shortened
from cuffless.files import FULL, GB, DiskError, require_space
from cuffless.records.remote.connections import (
    AbsentError,
    Connections,
    DownloadError,
    PassingError,
    ServerError,
    shown,
)
from cuffless.records.remote.part import PIECE, Part
from cuffless.records.remote.responses import is_passing
from cuffless.records.remote.transfer import Limits, Transfer

__all__ = ["AbsentError", "DownloadError", "Downloader", "ServerError"]

_ROOM = (
    "set records.download.keep_raw: false (signal files are deleted once cut), put records.download.cache on a larger "
    "disk, or lower records.download.reserve_gb"
)
_PROBE_SECONDS = 10.0
_LONGEST_TEXT = 1 << 28  # bytes, more than one line per record of all databases together
_LONGEST_PATH = 300
_MISPLACED = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)
_NO_LINKS = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class Downloader(AbstractContextManager):
    """Files of one database, fetched once.

    Parameters
    ----------
    database : str
        Database and version, ``mimic3wdb-matched/1.0``.
    options : DownloadOptions
        Server, cache, mirror, limits.
    checksum : callable, optional
        SHA-256 of a path in hexadecimal, or None if it is not known.
    unproven : callable, optional
        Called with path and host if a file without a known checksum comes from another host than requested; raises an
        error to reject it.

    Attributes
    ----------
    folder : Path
        The database's root in the cache.
    first_wait, longest_wait, longest_retry_after : float
        Seconds to wait before the second attempt, at most between attempts, and at most at the server's request.
    clock : callable
        Monotonic seconds, for detecting slow connections.
    unproven : list of str
        Other hosts than requested that served files without checksums.
    """

    first_wait = 1.0
    longest_wait = 120.0
    longest_retry_after = 600.0
    clock = staticmethod(time.monotonic)

    def __init__(
        self,
        database: str,
        options: DownloadOptions,
        checksum: Callable[[str], str | None] | None = None,
        unproven: Callable[[str, str], None] | None = None,
    ):
        self.folder = Path(options.cache, database)
        self._database = database
        self._options = options
        self._checksum = checksum or (lambda path: None)
        self.unproven: list[str] = []
        self._unproven = unproven or (lambda path, host: None)
        self._connections = Connections(
            options.connections, options.timeout_seconds, Path(options.cache, ".connections")
        )

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections; new ones are opened when needed."""
        self._connections.close()

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self._connections.requests

    @property
    def bytes(self) -> int:
        """Bytes of files received so far."""
        return self._connections.bytes

    def fetch(self, path: str) -> Path:
        """A file in the cache, linked from the mirror or fetched if necessary.

        Parameters
        ----------
        path : str
            POSIX path from the database's root.

        Returns
        -------
        Path
            The local file, complete, with the correct length and checksum as far as these are known.

        Raises
        ------
        AbsentError
            If the server does not have it.
        DownloadError
            If it cannot be fetched for another reason that concerns this file.
        ServerError
            If the server does not answer other requests either.
        DiskError
            If there is not enough disk space.
        """
        return self._fetch(path, threading.Event())

    def fetch_all(self, paths: Iterable[str]) -> dict[str, DownloadError]:
        """Fetch files, ``options.connections`` at a time.

        Returns
        -------
        dict
            Errors of files that could not be fetched, by path, in the order of `paths`.

        Raises
        ------
        ServerError, DiskError
            As for `fetch`, once the other transfers have stopped; what they received is kept.
        """
        from concurrent.futures import ThreadPoolExecutor, as_completed

        stop, failures = threading.Event(), {}
        with ThreadPoolExecutor(self._options.connections) as pool:
            futures = {pool.submit(self._fetch, path, stop): path for path in dict.fromkeys(paths)}
            try:
                for future in as_completed(futures):
                    try:
                        future.result()
                    except DownloadError as error:
                        failures[futures[future]] = error
            except BaseException:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return {path: failures[path] for path in futures.values() if path in failures}

    def text(self, path: str) -> str:
        """The content of a small text file; see `fetch`."""
        file = self.fetch(path)
        if (size := file.stat().st_size) > _LONGEST_TEXT:
            raise DownloadError(
                f"{file}: {size:,} bytes is too large for a list of records; delete it and check records.download.url"
            )
        return file.read_text(encoding="utf-8", errors="replace")

    def _fetch(self, path: str, stop: threading.Event) -> Path:
        inner = _normalize_path(path)
        final = self.folder / inner
        try:
            while not final.is_file() and not self._link(inner, final):
                self._require_network(inner)
                with _claim(final) as part:
                    # None: another writer has just ended, so look again.
                    if part is not None and not final.is_file():
                        self._download(inner, part, stop)
        except OSError as error:
            if error.errno in FULL:
                raise DiskError(f"{self.folder}: the disk is full, {inner} could not be written; {_ROOM}") from None
            if error.errno in _MISPLACED:
                raise DownloadError(
                    f"{path}: cannot be stored at {final} ({error.strerror}); check the header or list that names it"
                ) from None
            raise
        return final

    def _link(self, inner: str, final: Path) -> bool:
        """Link the file from the mirror, or copy it where links are impossible; False if the mirror lacks it."""
        source = Path(self._options.mirror, self._database, inner).absolute()
        if not self._options.mirror or not source.is_file():
            return False
        final.parent.mkdir(parents=True, exist_ok=True)
        try:
            if final.is_symlink():  # broken: the mirror has moved
                final.unlink(missing_ok=True)
            final.symlink_to(source)
        except FileExistsError:  # another job was faster
            return final.is_file()
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self._copy(source, final)
        return True

    def _copy(self, source: Path, final: Path) -> None:
        while not final.is_file():
            with _claim(final) as part, source.open("rb") as opened:
                if part is None or final.is_file():
                    continue
                require_space(self.folder, source.stat().st_size, self._options.reserve_gb, _ROOM)
                part.restart()
                while piece := opened.read(PIECE):
                    part.write(piece)
                part.finish()

    def _require_network(self, inner: str) -> None:
        if not self._options.url:
            raise AbsentError(
                f"{inner}: not in {self.folder} or a mirror ({self._options.mirror or 'none is set'}), and "
                "not fetched because records.download.url is empty; put the file there, or set the URL"
            )

    def _download(self, inner: str, part: Part, stop: threading.Event) -> None:
        from tenacity import Retrying, retry_if_exception_type, sleep_using_event, stop_after_attempt

        url = self._url(inner)
        transfer = Transfer(
            shown(url),
            part,
            self._checksum(inner),
            ask=lambda headers: self._connections.ask(url, headers),
            check_space=lambda needed: require_space(self.folder, needed, self._options.reserve_gb, _ROOM),
            count=self._connections.received,
            stop=stop,
            pause=self.first_wait,
            limits=Limits(self._options.largest_gb * GB, self._options.slowest_kb_s * 1000, clock=self.clock),
            unproven=lambda host: self._unproven(inner, host),
        )
        attempts = Retrying(
            retry=retry_if_exception_type(PassingError),
            stop=stop_after_attempt(self._options.attempts),
            wait=self._wait,
            sleep=sleep_using_event(stop),
            reraise=True,
        )
        try:
            attempts(transfer.attempt)
        except PassingError as last:
            raise self._final_error(shown(url), last) from None

    def _wait(self, state) -> float:
        """Seconds to wait after an attempt: as the server requests, or doubled each time with random jitter."""
        from tenacity import wait_exponential, wait_random

        asked = state.outcome.exception().wait
        if asked is not None:
            return min(asked, self.longest_retry_after)
        doubled = wait_exponential(self.first_wait, self.longest_wait - self.first_wait)
        return (doubled + wait_random(0, self.first_wait))(state)

    def _final_error(self, url: str, last: PassingError) -> DownloadError | ServerError:
        """The error after all attempts failed: of this file alone, or of the server."""
        number = self._options.attempts
        tried = f"in {number} attempt{'s' if number > 1 else ''} (last: {last})"
        if self._server_answers():
            return DownloadError(
                f"{url}: not fetched {tried}, although the server serves other files; run again later, or exclude its "
                "record (records.exclude)"
            )
        return ServerError(
            f"{shown(self._options.url)} does not answer: {url} was not fetched {tried}, nor the list of records; "
            "run again to continue, fetched files are kept. If it persists, check records.download.url, the network "
            "and its proxy (http_proxy, https_proxy)"
        )

    def _server_answers(self) -> bool:
        """Whether the server answers at all, tested with the database's list of records."""
        import urllib3

        timeout = min(_PROBE_SECONDS, self._options.timeout_seconds)
        for attempt in range(2):
            time.sleep(attempt * self.first_wait)
            try:
                with self._connections.ask(self._url("RECORDS"), {}, timeout) as response:
                    if not is_passing(response.status_code):
                        response.raw.read1(1)
                        return True
            except (PassingError, DownloadError, urllib3.exceptions.HTTPError):
                continue
        return False

    def _url(self, inner: str) -> str:
        return f"{self._options.url.rstrip('/')}/{quote(f'{self._database}/{inner}')}"


@contextmanager
def _claim(final: Path) -> Iterator[Part | None]:
    """Exclusive access to the part of a file, whose folder is created; see `Part.claim`."""
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder is there")
    part = Part.claim(final)
    try:
        yield part
    finally:
        if part is not None:
            part.close()


def _normalize_path(path: str) -> str:
    """A path in normal form.

    Raises
    ------
    DownloadError
        If it leads outside the database or to a hidden file; names come from headers, and headers from the network.
    """
    parts = PurePosixPath(path).parts if path.isprintable() and "\\" not in path else ()
    odd = any(one.startswith((".", "/")) or len(one.encode()) > 240 for one in parts)
    if not parts or odd or len(path) > _LONGEST_PATH:
        shown_path = shortened(path, 120)
        raise DownloadError(f"{shown_path!r}: not a path inside the database; check the header or list that names it")
    return "/".join(parts)
