"""One file's way from the server: requests, resumed parts, checks."""

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
    "the database may want credentialed access and a signed data use agreement (sign it on its PhysioNet page and put "
    "user and password into ~/.netrc), or a proxy refuses (http_proxy, https_proxy, no_proxy)"
)


class StoppedError(Exception):
    """A transfer that was called off."""


class SlowError(PassingError):
    """A body that comes so slowly that it would not end."""


@dataclass(frozen=True)
class Limits:
    """What the body of an answer may be like.

    Attributes
    ----------
    largest : float
        Bytes of a file.
    slowest : float
        Bytes a second over `seconds`.
    seconds : float
    clock : callable
        Seconds that pass.
    """

    largest: float = float("inf")
    slowest: float = 0.0
    seconds: float = 600.0
    clock: Callable[[], float] = time.monotonic


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
        ``ask(headers)`` sends a request for the file and gives the response as a context, its body unread.
    check_space : callable
        Called with the bytes still to come before they are taken.
    count : callable
        Called with the bytes of each piece received.
    stop : threading.Event
        Calls the transfer off.
    pause : float
        Seconds between requests that got on.
    limits : Limits
        What the body of an answer may be like.
    unproven : callable
        Called with the host that a file comes from, if another than the one asked, where no checksum is known; raises
        what forbids to take it.
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
        """Fetch the file, going on where the last attempt ended, as long as each request brings it further.

        Raises
        ------
        PassingError
            If a request brought nothing new; another attempt may.
        DownloadError
            If no other attempt would help.
        """
        while True:
            try:
                self._request()
                if self._is_right():
                    self.part.finish()
                    return
            except SlowError:
                raise
            except PassingError:
                if not self._got_on():
                    raise
            self._stop.wait(self._pause)

    def _got_on(self) -> bool:
        """Whether the part is longer than ever: by a hundredth of the file or a piece, lest crumbs go on for ever."""
        step = min(PIECE, max((self._total or PIECE) // 100, 1))
        if self.part.size < self._reached + step:
            return False
        self._reached = self.part.size
        return True

    def _request(self) -> None:
        """Bring the part to its full length."""
        if self._stop.is_set():
            raise StoppedError
        # Unless one of the two proves it, the rest may be of another version of the file.
        resumable = self._ranges and self.part.size and (self.part.validator or self.expected)
        if resumable:
            self._reached = max(self._reached, self.part.size)
            if self._resume():
                return
        self.part.restart()
        with self._asked({}) as response:
            self._take_whole(response)

    def _resume(self) -> bool:
        """Ask for the rest of the file; False if the whole has to be asked for."""
        start, validator = self.part.size, self.part.validator
        headers = {"Range": f"bytes={start}-", **({"If-Range": validator} if validator else {})}
        with self._asked(headers) as response:
            if response.status_code == 200:
                self._take_whole(response)
                return True
            if response.status_code == 416:
                return self._is_whole(unsatisfied_total(response.headers))
            total = range_total(response.headers, start)
            other_version = validator.startswith('"') and response.headers.get("ETag", validator) != validator
            if total is None or other_version:
                self._ranges = False  # the server does not keep to what it was asked
                return False
            self._pour(response, total)
            return True

    def _is_whole(self, total: int | None) -> bool:
        return self.part.sha256() == self.expected if self.expected else self.part.size == total

    def _take_whole(self, response: "Response") -> None:
        if response.status_code != 200:
            raise PassingError(f"{response.status_code} {response.reason} in answer to a plain request")
        self.part.restart()
        total = body_length(response.headers)
        chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
        if total is None and not chunked and not self.expected:
            raise DownloadError(
                f"{self.url}: the server gives no length and no checksum is known, so that a broken connection would "
                "pass for the end of the file; use another server (records.download.url) or a mirror folder"
            )
        self._pour(response, total)

    def _pour(self, response: "Response", total: int | None) -> None:
        """Write a body to the end of the part."""
        import urllib3

        if is_recoded(response.headers, self.url):
            raise DownloadError(
                f"{self.url}: comes as {response.headers['Content-Encoding']} though asked for as it is; "
                "use another server (records.download.url), or take the proxy out of the way (no_proxy)"
            )
        self._total = total
        self._require_room(total)
        self.part.remember(validator_of(response.headers), now=total is None or total > PIECE)
        granted = self.part.size + PIECE
        clock, since, taken = self._limits.clock, self._limits.clock(), 0
        try:
            # read1: what has come is written at once, so that a stall loses none of it.
            for piece in iter(lambda: response.raw.read1(PIECE, decode_content=False), b""):
                if not self.part.size and is_web_page(response.headers, piece, self.url):
                    raise DownloadError(f"{self.url}: a web page came in place of the file; {_ACCESS}")
                if self.part.size + len(piece) > granted:  # others write on this disk, too, and a body may have no end
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
            raise PassingError(f"broken off after {self.part.size} bytes: {cause_of(error)}") from None
        if total is not None and self.part.size != total:
            raise PassingError(f"ended after {self.part.size} of {total} bytes")

    def _require_room(self, total: int | None) -> None:
        """See to it that the rest of a body, or its next piece, may come.

        Raises
        ------
        DownloadError
            If the file is longer than any may be.
        DiskError
            If the disk's reserve would be used up. The part of a file whose end nobody knows is deleted.
        """
        held = self.part.size
        if (total or held) > self._limits.largest:
            self.part.restart()
            announced = f"it has {total / GB:.3f} GB" if total else f"{held / GB:.3f} GB came and there is no end"
            raise DownloadError(
                f"{self.url}: {announced}, more than the {self._limits.largest / GB:g} GB that a file may have "
                "(records.download.largest_gb); raise it, or leave the record out (records.exclude)"
            )
        try:
            self._check_space(PIECE if total is None else max(total - held, 0))
        except DiskError as error:
            if not held:
                raise
            kept = "kept" if total else "deleted, as the server does not say how long the file is"
            if not total:
                self.part.restart()
            raise DiskError(f"{self.url}: broken off after {held / GB:.3f} GB, which are {kept}; {error}") from None

    def _is_right(self) -> bool:
        """Whether the full part has the right checksum; it is emptied if not."""
        if not self.expected or (got := self.part.sha256()) == self.expected:
            return True
        self.part.restart()
        self._reached = 0
        self._mismatches += 1
        if self._mismatches == MISMATCHES:
            raise DownloadError(
                f"{self.url}: wrong checksum, {MISMATCHES} times: expected {self.expected}, got {got}; the file on the "
                "server or the list of checksums is damaged: run again later, delete the database's list in "
                "records.download.cache to have it fetched anew, or leave the record out (records.exclude)"
            )
        return False

    @contextmanager
    def _asked(self, headers: dict[str, str]) -> Iterator["Response"]:
        """Give the answer if it holds the file, a range of it or none of the range; any other is an error."""
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
