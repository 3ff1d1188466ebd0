"""A server on loopback that lays files out as PhysioNet does, and fails where it is told to.

In a test: ``with PhysioNetServer(folder, faults={"db/1.0/a.dat": cut(1000, times=1)}) as server``; as a process:
``python tests/records/physionet_server.py FOLDER --port-file FILE``. `folder` holds ``<database>/<version>/...``.
"""

import argparse
import gzip
import hashlib
import json
import os
import signal
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler
from urllib.parse import unquote

PREFIX = "/files/"
PIECE = 1 << 20
FOR_EVER = 1 << 60


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a path's first `times` requests; made by the functions below."""

    kind: str
    times: int = FOR_EVER
    value: float | str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def cut(after: int, times: int = FOR_EVER) -> Fault:
    """Close the connection after so many bytes of a body."""
    return Fault("cut", times, after)


def reset(after: int, times: int = FOR_EVER) -> Fault:
    """Break the connection off after so many bytes of a body."""
    return Fault("reset", times, after)


def short(by: int, times: int = FOR_EVER) -> Fault:
    """End a body so many bytes before its Content-Length."""
    return Fault("short", times, by)


def stall(after: int, times: int = FOR_EVER) -> Fault:
    """Fall silent after the headers and so many bytes, until the client goes."""
    return Fault("stall", times, after)


def slow(seconds: float, times: int = FOR_EVER) -> Fault:
    """Wait before answering."""
    return Fault("slow", times, seconds)


def status(code: int, times: int = FOR_EVER, retry_after: float | str | None = None, **headers: str) -> Fault:
    """Answer with an error; `retry_after` in seconds, or as a date: ``"date+1"`` for one second from now."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Fault(
        "status", times, code, named + ((("Retry-After", str(retry_after)),) if retry_after is not None else ())
    )


# Faults that take only how many times they happen: silent(3); for ever unless told.
silent = partial(Fault, "silent")  # do not answer at all, until the client goes
damaged = partial(Fault, "damaged")  # send other bytes than the file's, as many
no_ranges = partial(Fault, "no_ranges")  # answer requests for a range with the whole file
wrong_range = partial(Fault, "wrong_range")  # answer requests for a range with another one, and say so
page = partial(Fault, "page")  # send a web page in place of the file
packed = partial(Fault, "packed")  # send the file compressed, though nobody asked for it
no_length = partial(Fault, "no_length")  # send the file without its length and close
chunked = partial(Fault, "chunked")  # send the file in chunks, without its length
endless = partial(Fault, "endless")  # send the file in chunks, again and again, until the client goes


@dataclass
class Request:
    """A request as the server saw it, with the bytes of a body that it sent."""

    method: str
    path: str
    range: str
    if_range: str
    status: int
    sent: int
    target: str
    agent: str


class PhysioNetServer(ThreadingHTTPServer):
    """Serves a folder from its making on, as a context manager until its end.

    Attributes
    ----------
    url : str
        What ``records.download.url`` takes.
    log : list of Request
        All requests, oldest first; those of one path: `requests_of`.
    peak, peak_connections : int
        Most requests, and most connections, at once.
    connections : int
        Connections opened in all: far fewer than requests where they are kept open.
    silent : set of int
        Ports of clients that nothing more will come to: all that they were sent is on its way.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, folder, faults=None, *, port=0, tags=True, log_file=None):
        super().__init__(("127.0.0.1", port), _Handler)
        self.folder = Path(folder).resolve()
        self.tags = tags
        self.log: list[Request] = []
        self.peak = self.peak_connections = self.connections = 0
        self._faults = {path: _as_list(fault) for path, fault in (faults or {}).items()}
        self._seen: dict[str, int] = {}
        self._busy = 0
        self._counting = threading.Lock()
        self._log_file = os.open(log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if log_file else None
        self._sockets: set[socket.socket] = set()
        self.silent: set[int] = set()
        self.closing = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}{PREFIX.rstrip('/')}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._counting:
            for connection in self._sockets:  # idle ones too: the server is gone
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        if self._log_file:
            os.close(self._log_file)

    def requests_of(self, path):
        """Requests of a path, ``db/1.0/a.dat``."""
        return [request for request in list(self.log) if request.path == path]

    def set_fault(self, path, *faults):
        """Let a path fail from now on; without faults, serve it."""
        with self._counting:
            self._faults[path] = list(faults)
            self._seen.pop(path, None)

    def fault_of(self, path):
        """The fault of a path's next request, or None; ``*`` holds for paths that have none of their own."""
        with self._counting:
            faults = self._faults.get(path)
            if faults is None:
                faults = self._faults.get("*")
            if not faults:
                return None
            seen = self._seen[path] = self._seen.get(path, 0) + 1
            for fault in faults:
                if seen <= fault.times:
                    return fault
                seen -= fault.times
        return None

    def note(self, request):
        self.log.append(request)
        if self._log_file:
            os.write(self._log_file, (json.dumps(asdict(request)) + "\n").encode())

    def connected(self, connection):
        with self._counting:
            self._sockets.add(connection)
            self.connections += 1
            self.peak_connections = max(self.peak_connections, len(self._sockets))

    def disconnected(self, connection):
        with self._counting:
            self._sockets.discard(connection)

    def busy(self, change):
        with self._counting:
            self._busy += change
            self.peak = max(self.peak, self._busy)


class _Handler(StreamRequestHandler):
    """Requests of one connection. Leaner than the standard library's handler, as benchmarks send tens of thousands."""

    disable_nagle_algorithm = True
    wbufsize = 0

    def handle(self):
        self.server.connected(self.connection)
        try:
            # Clients break off, and the server's end closes sockets.
            with suppress(OSError, ValueError):
                while self._one() and not self.server.closing.is_set():
                    pass
        finally:
            self.server.disconnected(self.connection)

    def _one(self):
        """Answer a request; whether the connection goes on."""
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            return False
        method, target, _ = line
        headers = {}
        while (row := self.rfile.readline(65536)) not in (b"\r\n", b"\n", b""):
            name, _, value = row.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        self.server.busy(1)
        try:
            going_on, ending = self._answer(method, target, headers)
        finally:
            self.server.busy(-1)
        if ending:
            ending()
        return going_on and headers.get("connection", "").lower() != "close"

    def _answer(self, method, target, headers):
        route = target.partition("?")[0]
        if "://" in route:  # as a proxy is asked
            route = "/" + route.partition("://")[2].partition("/")[2]
        path = unquote(route).removeprefix(PREFIX).strip("/")
        self.request_seen = Request(
            method,
            path,
            headers.get("range", ""),
            headers.get("if-range", ""),
            0,
            0,
            target,
            headers.get("user-agent", ""),
        )
        fault = self.server.fault_of(path)
        if fault and fault.kind == "silent":
            self.server.note(self.request_seen)
            return False, self._wait
        if fault and fault.kind == "slow":
            self.server.closing.wait(fault.value)
            fault = None
        if fault and fault.kind == "status":
            return self._refuse(int(fault.value), fault.headers)
        if fault and fault.kind == "page":
            return self._send(200, [("Content-Type", "text/html")], b"<!DOCTYPE html><p>Please log in</p>\n")
        file = (self.server.folder / path).resolve()
        if method not in ("GET", "HEAD"):
            return self._refuse(405)
        if not route.startswith(PREFIX) or not file.is_relative_to(self.server.folder) or not file.is_file():
            return self._refuse(404)
        with file.open("rb") as opened:
            return self._serve(opened, method, headers, fault)

    def _serve(self, opened, method, headers, fault):
        kind, value = (fault.kind, fault.value) if fault else ("", None)
        state = os.fstat(opened.fileno())
        tag = f'"{state.st_mtime_ns:x}-{state.st_size:x}"' if self.server.tags else ""
        rows = [("Content-Type", "text/plain"), ("Accept-Ranges", "bytes")] + ([("ETag", tag)] if tag else [])
        first, last, code = 0, state.st_size - 1, 200
        asked = headers.get("range", "") if kind != "no_ranges" else ""
        if asked.startswith("bytes=") and headers.get("if-range", tag) == tag:
            start, _, end = asked.removeprefix("bytes=").partition("-")
            first, last = int(start), min(int(end or last), last)
            if first > last:
                return self._refuse(416, (("Content-Range", f"bytes */{state.st_size}"),))
            code = 206
            first -= kind == "wrong_range"
            rows.append(("Content-Range", f"bytes {first}-{last}/{state.st_size}"))
        length = last - first + 1
        opened.seek(first)
        if method == "HEAD":
            return self._send(code, [*rows, ("Content-Length", str(length))], None)
        if kind == "packed":
            return self._send(code, [*rows, ("Content-Encoding", "gzip")], gzip.compress(opened.read(length)))
        if kind == "chunked":
            body = opened.read(length)
            framed = f"{length:x}\r\n".encode() + body + b"\r\n0\r\n\r\n" if length else b"0\r\n\r\n"
            return self._send(code, [*rows, ("Transfer-Encoding", "chunked")], framed, length)
        if kind == "endless":
            body = opened.read(length)
            framed = f"{length:x}\r\n".encode() + body + b"\r\n"
            self._send(code, [*rows, ("Transfer-Encoding", "chunked")], framed, length)
            while not self.server.closing.is_set():
                self.connection.sendall(framed)
            return False, None
        if kind == "no_length":
            self._send(code, [*rows, ("Connection", "close")], opened.read(length))
            return False, None
        rows.append(("Content-Length", str(length)))
        if kind == "damaged":
            return self._send(code, rows, bytes(255 - byte for byte in opened.read(length)), sized=True)
        if kind in ("cut", "reset", "stall"):
            self._send(code, rows, opened.read(min(int(value), length)), sized=True)
            return False, {"cut": None, "reset": self._reset, "stall": self._wait}[kind]
        if kind == "short":
            self._send(code, rows, opened.read(max(length - int(value), 0)), sized=True)
            return False, None
        return self._stream(code, rows, opened, length)

    def _stream(self, code, rows, opened, length):
        self._send(code, rows, opened.read(min(length, PIECE)), length, sized=True)
        for _ in range(PIECE, length, PIECE):
            self.connection.sendall(opened.read(PIECE))
        return True, None

    def _refuse(self, code, headers=()):
        rows = [(name, _date(float(value[5:])) if value.startswith("date+") else value) for name, value in headers]
        return self._send(code, rows, f"{code}\n".encode(), 0)

    def _send(self, code, rows, body, counted=None, sized=False):
        """Send headers and (the start of) a body in one go; what is logged is there before the client has it."""
        body = b"" if body is None else body
        names = {name for name, _ in rows}
        if not sized and not names & {"Content-Length", "Transfer-Encoding", "Connection"}:
            rows = [*rows, ("Content-Length", str(len(body)))]
        self.request_seen.status, self.request_seen.sent = code, len(body) if counted is None else counted
        self.server.note(self.request_seen)
        head = [f"HTTP/1.1 {code} {HTTPStatus(code).phrase}", *(f"{name}: {value}" for name, value in rows)]
        self.connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        return True, None

    def _reset(self):
        self.server.closing.wait(0.02)  # a reset overtakes what is still on its way
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _wait(self):
        self.server.silent.add(self.client_address[1])
        self.connection.settimeout(0.05)
        while not self.server.closing.is_set():
            with suppress(TimeoutError):
                self.connection.recv(1)
                return


def _date(ahead):
    return format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)


def _as_list(fault):
    return [fault] if isinstance(fault, Fault) else list(fault)


def write_sums(root):
    """Write ``SHA256SUMS.txt`` of all files below a database's root; gives its path."""
    root = Path(root)
    sums = root / "SHA256SUMS.txt"
    files = sorted(path for path in root.rglob("*") if path.is_file() and path != sums)
    with sums.open("w", encoding="utf-8") as text:
        for path in files:
            with path.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            text.write(f"{digest}  {path.relative_to(root).as_posix()}\n")
    return sums


def main():
    """Serve until told to end; the port file appears once requests are answered."""
    parser = argparse.ArgumentParser(description="Serve a folder as PhysioNet would, on loopback.")
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", help="written with the URL's port")
    parser.add_argument("--log", help="requests are added to it as they come, one JSON object a line")
    parser.add_argument("--faults", help='JSON file: {"db/1.0/a.dat": [{"kind": "cut", "value": 100, "times": 1}]}')
    given = parser.parse_args()
    faults = json.loads(Path(given.faults).read_text()) if given.faults else {}
    made = {
        path: [Fault(**{**one, "headers": tuple(map(tuple, one.get("headers", ())))}) for one in several]
        for path, several in faults.items()
    }
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with PhysioNetServer(given.folder, made, port=given.port, log_file=given.log) as server:
        if given.port_file:
            part = Path(f"{given.port_file}.part")
            part.write_text(str(server.server_address[1]))
            part.replace(given.port_file)
        print(server.url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
