"""Connections to a server: a bounded number, kept open, with what may go wrong on them."""

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
    """A file that cannot be had; the message names its URL, the cause and the remedy."""


class AbsentError(DownloadError):
    """A file that is not there (404, 410), or no network and it is neither cached nor in the mirror."""


class ServerError(CufflessError):
    """A server that does not serve at all; nothing fetched is lost, and running again goes on."""


class PassingError(Exception):
    """A request that failed for a cause that may pass.

    Attributes
    ----------
    wait : float or None
        Seconds after which the server asked to be tried again.
    """

    def __init__(self, cause: str, wait: float | None = None):
        super().__init__(cause)
        self.wait = wait


class Connections:
    """Connections of one process to a server.

    Parameters
    ----------
    number : int
        Connections at once.
    timeout : float
        Seconds of silence after which a connection counts as dead.
    folder : path, optional
        Folder that all jobs share: then `number` counts over all of them, by locked files.

    Attributes
    ----------
    requests, bytes : int
        Requests sent and bytes of files received so far.
    """

    def __init__(self, number: int, timeout: float, folder: str | Path | None = None):
        self.requests = self.bytes = 0
        self._places = [Path(folder, f"connection{k}.lock") for k in range(number)] if folder else []
        self._timeout = timeout
        self._counting = threading.Lock()
        self._slots = threading.BoundedSemaphore(number)
        self._idle: deque[Session] = deque()

    def close(self) -> None:
        """Close those that are idle."""
        while self._idle:
            self._idle.pop().close()

    def received(self, count: int) -> None:
        """Count bytes."""
        with self._counting:
            self.bytes += count

    @contextmanager
    def ask(self, url: str, headers: dict[str, str], timeout: float | None = None) -> Iterator["Response"]:
        """Send a request and give its response, whose body is yet to be read unless it is an error's.

        Raises
        ------
        PassingError
            If no answer came.
        DownloadError
            If the answer leads in circles.
        ServerError
            If `url` is no web address.
        """
        import requests

        timeout = timeout or self._timeout
        with self._slots, self._place(), self._session() as session:
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
                    f"{shown(url)} is no web address; correct records.download.url (or http_proxy, https_proxy)"
                ) from None
            except requests.TooManyRedirects:
                raise DownloadError(f"{shown(url)}: redirected in circles; check records.download.url") from None
            except requests.RequestException as error:
                raise PassingError(cause_of(error)) from None
            with response:
                if response.status_code >= 400:
                    _read_away(response)
                yield response

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of the places that all jobs share; waits until one is free."""
        import fcntl

        if not self._places:
            yield
            return
        self._places[0].parent.mkdir(parents=True, exist_ok=True)
        while True:
            for path in self._places:
                with path.open("a") as file:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        continue
                    except OSError:  # a file system without locks: the scheduler's limit remains
                        pass
                    yield
                    return
            time.sleep(_LOOK_AGAIN_SECONDS)

    @contextmanager
    def _session(self) -> Iterator["Session"]:
        """One of the sessions, for one thread; the last one used is the likeliest to be open still."""
        import requests

        try:
            session = self._idle.pop()
        except IndexError:
            session = requests.Session()
            # Compressed on the way, lengths and ranges would not be those of the file.
            session.headers.update({"User-Agent": f"cuffless/{__version__} (+research)", "Accept-Encoding": "identity"})
        try:
            yield session
        finally:
            self._idle.append(session)


def _read_away(response: "Response") -> None:
    """Read a short body that nobody wants, so that its connection can be used again."""
    import urllib3

    if (body_length(response.headers) or 0) < _SHORT_BODY:
        with suppress(urllib3.exceptions.HTTPError):
            response.raw.read(_SHORT_BODY, decode_content=False)


def cause_of(error: Exception) -> str:
    """The innermost cause of an error of the HTTP libraries, whose own texts repeat address and wrappings."""
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
