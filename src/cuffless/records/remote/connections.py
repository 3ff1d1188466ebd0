"""A limited number of open connections to a server, and their errors."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from cuffless import __version__
from cuffless.errors import CufflessError
from cuffless.records.record import RecordError
from cuffless.records.remote.responses import body_length

if TYPE_CHECKING:
    from requests import Response, Session

_SHORT_BODY = 1 << 16
_LOOK_AGAIN_SECONDS = 0.05


class DownloadError(RecordError):
    """A file that cannot be fetched; the message names its URL, the cause and the remedy."""


class AbsentError(DownloadError):
    """A file that does not exist (404, 410), or without a network is neither in the cache nor in the mirror."""


class ServerError(CufflessError):
    """A server that does not answer at all; fetched files are kept, and running again continues."""


class PassingError(Exception):
    """A request that failed for a possibly temporary reason.

    Attributes
    ----------
    wait : float or None
        Seconds to wait before the next attempt, as requested by the server.
    """

    def __init__(self, cause: str, wait: float | None = None):
        super().__init__(cause)
        self.wait = wait


class Connections:
    """Connections of one process to a server.

    Parameters
    ----------
    number : int
        Simultaneous connections.
    timeout : float
        Seconds without data after which a connection counts as dead.
    folder : path, optional
        Folder shared by all jobs: `number` then limits all of them together, through locked files.

    Attributes
    ----------
    requests, bytes : int
        Requests sent and bytes of files received so far.
    """

    def __init__(self, number: int, timeout: float, folder: str | Path | None = None):
        self.requests = self.bytes = 0
        self._shared_slots = [Path(folder, f"connection{k}.lock") for k in range(number)] if folder else []
        self._timeout = timeout
        self._counting = threading.Lock()
        self._slots = threading.BoundedSemaphore(number)
        self._idle: deque[Session] = deque()

    def close(self) -> None:
        """Close idle connections."""
        while self._idle:
            self._idle.pop().close()

    def received(self, count: int) -> None:
        """Count bytes."""
        with self._counting:
            self.bytes += count

    @contextmanager
    def ask(self, url: str, headers: dict[str, str], timeout: float | None = None) -> Iterator["Response"]:
        """Send a request and yield its response, with the body unread unless it is an error.

        Raises
        ------
        PassingError
            If there was no answer.
        DownloadError
            If it is redirected in a loop.
        ServerError
            If `url` is not a web address.
        """
        import requests

        timeout = timeout or self._timeout
        with self._slots, self._shared_slot(), self._session() as session:
            with self._counting:
                self.requests += 1
            try:
                response = session.get(url, headers=headers, stream=True, timeout=(timeout, timeout))
            except (
                requests.exceptions.InvalidURL,
                requests.exceptions.InvalidSchema,
                requests.exceptions.MissingSchema,
            ):
                raise ServerError(
                    f"{shown(url)} is not a web address; correct records.download.url (or http_proxy, https_proxy)"
                ) from None
            except requests.TooManyRedirects:
                raise DownloadError(f"{shown(url)}: redirected in a loop; check records.download.url") from None
            except requests.RequestException as error:
                raise PassingError(cause_of(error)) from None
            with response:
                if response.status_code >= 400:
                    _drain(response)
                yield response

    @contextmanager
    def _shared_slot(self) -> Iterator[None]:
        """One of the connections shared by all jobs; waits until one is free."""
        import fcntl

        if not self._shared_slots:
            yield
            return
        self._shared_slots[0].parent.mkdir(parents=True, exist_ok=True)
        while True:
            for path in self._shared_slots:
                with path.open("a") as file:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        continue
                    except OSError:  # a file system without locks: only the scheduler's limit applies
                        pass
                    yield
                    return
            time.sleep(_LOOK_AGAIN_SECONDS)

    @contextmanager
    def _session(self) -> Iterator["Session"]:
        """A session for one thread; the last one used is the most likely to be still open."""
        import requests

        try:
            session = self._idle.pop()
        except IndexError:
            session = requests.Session()
            # With compression, lengths and ranges would not be those of the file.
            session.headers.update({"User-Agent": f"cuffless/{__version__} (+research)", "Accept-Encoding": "identity"})
        try:
            yield session
        finally:
            self._idle.append(session)


def _drain(response: "Response") -> None:
    """Discard a short body so that its connection can be reused."""
    import urllib3

    if (body_length(response.headers) or 0) < _SHORT_BODY:
        with suppress(urllib3.exceptions.HTTPError):
            response.raw.read(_SHORT_BODY, decode_content=False)


def cause_of(error: Exception) -> str:
    """Message of the innermost cause of an HTTP library's error; the outer ones repeat the address."""
    for _ in range(10):
        inner = [error.__cause__, getattr(error, "reason", None), *error.args]
        cause = next((one for one in inner if isinstance(one, Exception)), None)
        if cause is None:
            break
        error = cause
    return str(error) or type(error).__name__


def shown(url: str) -> str:
    """An address without user and password."""
    split = urlsplit(url)
    return urlunsplit(split._replace(netloc=split.netloc.rpartition("@")[2]))
