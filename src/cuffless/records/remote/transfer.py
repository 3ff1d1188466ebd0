"""Transfer of one file from the server: requests, resumed parts, checks."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuffless.files import GB, DiskError
from cuffless.records.remote.connections import AbsentError, DownloadError, PassingError, cause_of
from cuffless.records.remote.part import PIECE, Part
from cuffless.records.remote.responses import (
    body_length,
    is_passing,
    is_recoded,
    is_web_page,
    other_host,
    range_total,
    retry_after,
    unsatisfied_total,
    validator_of,
)

if TYPE_CHECKING:
    from requests import Response

MISMATCHES = 3
_ACCESS = (
    "the database may require credentialed access and a signed data use agreement (sign it on its PhysioNet page and "
    "put user and password into ~/.netrc), or a proxy blocks it (http_proxy, https_proxy, no_proxy)"
)


class StoppedError(Exception):
    """A cancelled transfer."""


class SlowError(PassingError):
    """A body that arrives too slowly ever to finish."""


@dataclass(frozen=True)
class Limits:
    """Limits on the body of a response."""

    largest: float = float("inf")
    """Largest file in bytes."""
    slowest: float = 0.0
    """Lowest rate in bytes per second, averaged over `seconds`."""
    seconds: float = 600.0
    clock: Callable[[], float] = time.monotonic
    """Monotonic seconds."""


class Transfer:
    """Attempts to fetch one file.

    Parameters
    ----------
    url : str
        Address of the file, for messages.
    part : Part
        Where its bytes go.
    expected : str or None
        Its SHA-256, if known.
    ask : callable
        ``ask(headers)`` requests the file and returns a context manager of the response, with the body unread.
    check_space : callable
        Called with the number of bytes still to come before they are received.
    count : callable
        Called with the number of bytes of each piece received.
    stop : threading.Event
        Cancels the transfer.
    pause : float
        Seconds between requests that made progress.
    limits : Limits
        Limits on the body of a response.
    unproven : callable
        Called with the host of a file without a known checksum, if it is not the requested host; raises an error to
        reject it.
    """

    def __init__(
        self,
        url: str,
        part: Part,
        expected: str | None,
        *,
        ask: Callable[[dict[str, str]], AbstractContextManager["Response"]],
        check_space: Callable[[int], None],
        count: Callable[[int], None],
        stop: threading.Event,
        pause: float,
        limits: Limits = Limits(),
        unproven: Callable[[str], None] = lambda host: None,
    ):
        self.url, self.part, self.expected = url, part, expected.lower() if expected else None
        self._ask, self._check_space, self._count = ask, check_space, count
        self._stop, self._pause = stop, pause
        self._limits, self._unproven = limits, unproven
        self._ranges = True
        self._total: int | None = None
        self._reached = 0
        self._mismatches = 0

    def attempt(self) -> None:
        """Fetch the file, continuing where the last attempt ended, as long as each request makes progress.

        Raises
        ------
        PassingError
            If a request made no progress; another attempt may.
        DownloadError
            If no other attempt would help.
        """
        while True:
            try:
                self._request()
                if self._verify():
                    self.part.finish()
                    return
            except SlowError:
                raise
            except PassingError:
                if not self._made_progress():
                    raise
            self._stop.wait(self._pause)

    def _made_progress(self) -> bool:
        """Whether the part has grown by at least 1 % of the file or one piece; less would never finish."""
        step = min(PIECE, max((self._total or PIECE) // 100, 1))
        if self.part.size < self._reached + step:
            return False
        self._reached = self.part.size
        return True

    def _request(self) -> None:
        """Request the rest of the file, or all of it."""
        if self._stop.is_set():
            raise StoppedError
        # Without either of them, the rest may belong to another version of the file.
        resumable = self._ranges and self.part.size and (self.part.validator or self.expected)
        if resumable:
            self._reached = max(self._reached, self.part.size)
            if self._resume():
                return
        self.part.restart()
        with self._response({}) as response:
            self._receive_whole(response)

    def _resume(self) -> bool:
        """Request the rest of the file; False if all of it must be requested."""
        start, validator = self.part.size, self.part.validator
        headers = {"Range": f"bytes={start}-", **({"If-Range": validator} if validator else {})}
        with self._response(headers) as response:
            if response.status_code == 200:
                self._receive_whole(response)
                return True
            if response.status_code == 416:
                return self._is_whole(unsatisfied_total(response.headers))
            total = range_total(response.headers, start)
            other_version = validator.startswith('"') and response.headers.get("ETag", validator) != validator
            if total is None or other_version:
                self._ranges = False  # the server ignores ranges
                return False
            self._write_body(response, total)
            return True

    def _is_whole(self, total: int | None) -> bool:
        return self.part.sha256() == self.expected if self.expected else self.part.size == total

    def _receive_whole(self, response: "Response") -> None:
        if response.status_code != 200:
            raise PassingError(f"{response.status_code} {response.reason} for a request of the whole file")
        self.part.restart()
        total = body_length(response.headers)
        chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
        if total is None and not chunked and not self.expected:
            raise DownloadError(
                f"{self.url}: neither length nor checksum is known, so a broken connection would look like the "
                "end of the file; use another server (records.download.url) or a mirror folder"
            )
        self._write_body(response, total)

    def _write_body(self, response: "Response", total: int | None) -> None:
        """Append a body to the part."""
        import urllib3

        if is_recoded(response.headers, self.url):
            raise DownloadError(
                f"{self.url}: sent as {response.headers['Content-Encoding']} although no compression was requested; "
                "use another server (records.download.url), or bypass the proxy (no_proxy)"
            )
        self._total = total
        self._require_room(total)
        self.part.remember(validator_of(response.headers), now=total is None or total > PIECE)
        granted = self.part.size + PIECE
        clock, since, taken = self._limits.clock, self._limits.clock(), 0
        try:
            # read1: received bytes are written at once, so that a stall loses none.
            for piece in iter(lambda: response.raw.read1(PIECE, decode_content=False), b""):
                if not self.part.size and is_web_page(response.headers, piece, self.url):
                    raise DownloadError(f"{self.url}: the server sent a web page instead of the file; {_ACCESS}")
                if self.part.size + len(piece) > granted:  # others write to this disk too, and a body may be endless
                    self._require_room(total)
                    granted = self.part.size + PIECE
                self.part.write(piece)
                self._count(len(piece))
                taken += len(piece)
                if (seconds := clock() - since) >= self._limits.seconds:
                    if taken < seconds * self._limits.slowest:
                        raise SlowError(f"{taken / 1000:.1f} kB in {seconds:.0f} s (records.download.slowest_kb_s)")
                    since, taken = clock(), 0
                if self._stop.is_set():
                    raise StoppedError
        except urllib3.exceptions.HTTPError as error:
            raise PassingError(f"interrupted after {self.part.size} bytes: {cause_of(error)}") from None
        if total is not None and self.part.size != total:
            raise PassingError(f"ended after {self.part.size} of {total} bytes")

    def _require_room(self, total: int | None) -> None:
        """Check that there is room for the rest of a body, or its next piece.

        Raises
        ------
        DownloadError
            If the file is longer than the limit.
        DiskError
            If the disk's reserve would be used up. The part of a file of unknown length is deleted.
        """
        held = self.part.size
        if (total or held) > self._limits.largest:
            self.part.restart()
            size = f"{total / GB:.3f} GB" if total else f"{held / GB:.3f} GB so far, of unknown length"
            raise DownloadError(
                f"{self.url}: {size}, above the limit of {self._limits.largest / GB:g} GB per file "
                "(records.download.largest_gb); raise it, or exclude the record (records.exclude)"
            )
        try:
            self._check_space(PIECE if total is None else max(total - held, 0))
        except DiskError as error:
            if not held:
                raise
            kept = "kept" if total else "deleted because the server does not give the file's length"
            if not total:
                self.part.restart()
            raise DiskError(f"{self.url}: interrupted after {held / GB:.3f} GB, which are {kept}; {error}") from None

    def _verify(self) -> bool:
        """Whether the complete part has the correct checksum; it is emptied if not."""
        if not self.expected or (got := self.part.sha256()) == self.expected:
            return True
        self.part.restart()
        self._reached = 0
        self._mismatches += 1
        if self._mismatches == MISMATCHES:
            raise DownloadError(
                f"{self.url}: wrong checksum {MISMATCHES} times: expected {self.expected}, got {got}; the file on the "
                "server or the list of checksums is damaged: run again later, delete the database's list in "
                "records.download.cache so that it is fetched again, or exclude the record (records.exclude)"
            )
        return False

    @contextmanager
    def _response(self, headers: dict[str, str]) -> Iterator["Response"]:
        """Yield the response if it holds the file, a range, or an unsatisfiable range (416); others are errors."""
        with self._ask(headers) as response:
            status = response.status_code
            if status in (404, 410):
                self.part.restart()
                raise AbsentError(
                    f"{self.url}: not on the server ({status}); check the record's name, records.database and "
                    "records.download.url"
                )
            if is_passing(status):
                raise PassingError(f"{status} {response.reason}".strip(), retry_after(response.headers))
            if status in (401, 403, 407):
                raise DownloadError(f"{self.url}: refused ({status}); {_ACCESS}")
            if not self.expected and (host := other_host(self.url, response.url)):
                self._unproven(host)
            if status not in (200, 206, 416):
                raise DownloadError(
                    f"{self.url}: {status} {response.reason}; check records.download.url and records.database"
                )
            yield response
