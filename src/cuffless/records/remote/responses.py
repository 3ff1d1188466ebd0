"""What the headers of an HTTP response say about a file."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

# Timeout, too early, too many requests; all server errors are added.
_PASSING = (408, 425, 429)
_RANGE = re.compile(r"\s*bytes\s+(\d+)-(\d+)/(\d+)\s*$", re.IGNORECASE)
_UNSATISFIED = re.compile(r"\s*bytes\s+\*/(\d+)\s*$", re.IGNORECASE)
_COMPRESSED = (".gz", ".tgz", ".z", ".br", ".zst")


def is_passing(status: int) -> bool:
    """Whether a status may be temporary."""
    return status in _PASSING or 500 <= status <= 599


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait according to ``Retry-After``, a number or a date; None without it."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)


def range_total(headers: Mapping[str, str], start: int) -> int | None:
    """Length of the whole file, from the ``Content-Range`` of a part from `start` on; None if it starts elsewhere."""
    found = _RANGE.match(headers.get("Content-Range", ""))
    if not found:
        return None
    first, last, total = map(int, found.groups())
    return total if first == start and first <= last < total else None


def unsatisfied_total(headers: Mapping[str, str]) -> int | None:
    """Length of the whole file from a response with status 416; None if it does not give it."""
    found = _UNSATISFIED.match(headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def body_length(headers: Mapping[str, str]) -> int | None:
    """Length of the body in bytes; None if the response does not give it."""
    value = headers.get("Content-Length", "").strip()
    return int(value) if value.isascii() and value.isdigit() else None


def validator_of(headers: Mapping[str, str]) -> str:
    """Version of a file for ``If-Range``: a strong ETag, else its date; empty if there is neither."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified", "")


def other_host(asked: str, answered: str) -> str:
    """The host that a request was redirected to; empty if it was not."""
    first, last = urlsplit(asked), urlsplit(answered or asked)

    def server(url) -> tuple[str | None, int | None]:
        # http and https are the same server; a non-standard port is another one.
        return url.hostname, None if url.port in (None, {"http": 80, "https": 443}.get(url.scheme)) else url.port

    return "" if server(first) == server(last) else last.netloc.rpartition("@")[2]


def is_recoded(headers: Mapping[str, str], path: str) -> bool:
    """Whether the body is compressed although this was not requested."""
    coding = headers.get("Content-Encoding", "identity").strip().lower()
    # Some servers declare gzip for a file that is itself a .gz: the body is then the file.
    return coding not in ("", "identity") and not path.lower().endswith(_COMPRESSED)


def is_web_page(headers: Mapping[str, str], start: bytes, path: str) -> bool:
    """Whether a web page (a login form, a proxy's notice) came instead of the requested file."""
    kind = headers.get("Content-Type", "").lower()
    return "html" in kind and start.lstrip()[:1] == b"<" and not path.lower().endswith((".html", ".htm"))
