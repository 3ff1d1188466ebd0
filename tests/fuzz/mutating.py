"""Damage to files, drawn from a seeded generator: what disks, transfers, editors and other programs do to them."""

import gzip
import io
import os
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

NUMBER = re.compile(rb"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
NUMBERS = (
    *(b"0", b"-1", b"1", b"2", b"255", b"65536", b"2147483648", b"99999999999999999999", b"9" * 400),
    *(b"1e154", b"-1e160", b"1e308", b"1e999", b"1e-320", b"nan", b"-inf", b"", b" ", b"0x10", b"1,5", b"1_000", b"~"),
)
SIGNS = (*b" \t\n\r\0,;:#/\\\"'|%=-.()[]{}&*!~", 0xFF, 0xEF, 0x1A)
WHOLE_NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 32767, 65535, 2**24, 2**31 - 1, -(2**31), 2**32 - 1, 2**48, 2**63 - 1)
LONG = 200_000
NEAR_THE_START = 600
INSIDE = 0.7  # of compressed files: share whose content is damaged, not the bytes as they lie
IN_PLACE = 0.05  # of files: share in whose place something else is put


def mutated(data: bytes, rng: np.random.Generator) -> tuple[bytes, str]:
    """A file with one to four faults, and these in words."""
    said = []
    for _ in range(rng.choice([1, 2, 3, 4], p=[0.6, 0.2, 0.1, 0.1])):
        data, words = _once(data, rng)
        said.append(words)
    return data, ", ".join(said)


def replaced(path: Path, rng: np.random.Generator, *, by_a_pipe: bool) -> str:
    """Put something else in a file's place, perhaps a pipe that nobody writes to; gives it in words."""
    path.unlink()
    kinds = ["nothing", "an empty file", "a folder", "a link to nothing", "a link to itself", *["a pipe"] * by_a_pipe]
    kind = rng.choice(kinds)
    if kind == "an empty file":
        path.touch()
    elif kind == "a folder":
        path.mkdir()
    elif kind.startswith("a link"):
        path.symlink_to("nowhere" if kind == "a link to nothing" else path.name)
    elif kind == "a pipe":
        os.mkfifo(path)
    return f"{kind} in its place"


def _once(data: bytes, rng) -> tuple[bytes, str]:
    if rng.random() < INSIDE:
        if data[:2] == b"\x1f\x8b":
            return _inside_gzip(data, rng)
        if data[:4] == b"PK\x03\x04":
            return _inside_zip(data, rng)
    kinds = _OF_TEXT if _is_text(data) and rng.random() < 0.7 else _OF_BYTES
    return kinds[rng.integers(len(kinds))](data, rng)


def _inside_gzip(data: bytes, rng) -> tuple[bytes, str]:
    try:
        content = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return _flip(data, rng)
    content, said = _once(content, rng)
    return gzip.compress(content, 1, mtime=0), f"inside: {said}"


def _inside_zip(data: bytes, rng) -> tuple[bytes, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zlib.error):
        return _flip(data, rng)
    if not members:
        return _flip(data, rng)
    at = int(rng.integers(len(members)))
    info, content = members[at]
    if rng.random() < 0.1:
        del members[at]
        said = f"{info.filename[:40]} left out"
    else:
        content, said = _once(content, rng)
        members[at] = info, content
        said = f"in {info.filename[:40]}: {said}"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for info, content in members:
            archive.writestr(info.filename, content)
    return made.getvalue(), said


def _is_text(data: bytes) -> bool:
    head = data[:1000]
    return b"\0" not in head and sum(byte < 9 or byte > 126 for byte in head) < len(head) / 10


def _place(data: bytes, rng) -> int:
    """A place in a file: half of all near its start, where headers are."""
    near = rng.random() < 0.5
    return int(rng.integers(min(len(data), NEAR_THE_START) + 1 if near else len(data) + 1))


def _span(data: bytes, rng) -> tuple[int, int]:
    start = _place(data, rng)
    return start, start + int(2 ** rng.uniform(0, 10))


def _flip(data: bytes, rng) -> tuple[bytes, str]:
    if not data:
        return b"\0", "a zero byte"
    at = min(_place(data, rng), len(data) - 1)
    return data[:at] + bytes([data[at] ^ 1 << int(rng.integers(8))]) + data[at + 1 :], f"bit flipped at {at}"


def _byte(data: bytes, rng) -> tuple[bytes, str]:
    at, value = _place(data, rng), int(rng.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF]))
    return data[:at] + bytes([value]) + data[at + 1 :], f"byte {value} at {at}"


def _whole_number(data: bytes, rng) -> tuple[bytes, str]:
    at, width = _place(data, rng), int(rng.choice([2, 4, 8]))
    value = WHOLE_NUMBERS[rng.integers(len(WHOLE_NUMBERS))]
    order = "little" if rng.random() < 0.7 else "big"
    written = (value % 2 ** (8 * width)).to_bytes(width, order)
    return data[:at] + written + data[at + width :], f"{value} in {width} bytes at {at}"


def _cut_off(data: bytes, rng) -> tuple[bytes, str]:
    at = _place(data, rng)
    return data[:at], f"cut off at {at}"


def _leave_out(data: bytes, rng) -> tuple[bytes, str]:
    start, stop = _span(data, rng)
    return data[:start] + data[stop:], f"bytes {start} to {stop} left out"


def _repeat(data: bytes, rng) -> tuple[bytes, str]:
    start, stop = _span(data, rng)
    times = int(rng.choice([2, 3, 50]))
    return data[:start] + times * data[start:stop] + data[stop:], f"bytes {start} to {stop} {times} times"


def _erase(data: bytes, rng) -> tuple[bytes, str]:
    start, stop = _span(data, rng)
    stop = min(stop, len(data))
    filling = rng.integers(256, size=max(stop - start, 0), dtype=np.uint8).tobytes()
    filling, said = (bytes(len(filling)), "zeros") if rng.random() < 0.5 else (filling, "noise")
    return data[:start] + filling + data[stop:], f"{said} from {start} to {stop}"


def _exchange(data: bytes, rng) -> tuple[bytes, str]:
    first, second = sorted((_place(data, rng), _place(data, rng)))
    width = min(int(2 ** rng.uniform(0, 8)), second - first)
    changed = bytearray(data)
    changed[first : first + width], changed[second : second + width] = (
        data[second : second + width],
        data[first : first + width],
    )
    return bytes(changed), f"{width} bytes at {first} and {second} exchanged"


def _number(data: bytes, rng) -> tuple[bytes, str]:
    start = _place(data, rng)
    found = NUMBER.search(data, start) or NUMBER.search(data)
    if not found:
        return _sign(data, rng)
    value = NUMBERS[rng.integers(len(NUMBERS))]
    said = f"{found.group()[:20].decode()} made {value[:20].decode() or 'empty'}"
    return data[: found.start()] + value + data[found.end() :], said


def _sign(data: bytes, rng) -> tuple[bytes, str]:
    at, value = _place(data, rng), bytes([SIGNS[rng.integers(len(SIGNS))]])
    over = int(rng.integers(2))
    return data[:at] + value + data[at + over :], f"sign {value!r} at {at}"


def _other_separator(data: bytes, rng) -> tuple[bytes, str]:
    old, new = (bytes([SIGNS[k]]) for k in rng.integers(len(SIGNS), size=2))
    return data.replace(old, new), f"{old!r} made {new!r} throughout"


def _lines(data: bytes, rng) -> tuple[bytes, str]:
    lines = data.splitlines(keepends=True) or [b"\n"]
    near = rng.random() < 0.7
    at = int(rng.integers(min(len(lines), 12) if near else len(lines)))
    kind = rng.choice(["left out", "repeated", "moved to the end", "without its second half", "put before the first"])
    line = lines[at]
    if kind == "repeated":
        lines.insert(at, line)
    elif kind == "without its second half":
        lines[at] = line[: len(line) // 2] + b"\n"
    else:
        del lines[at]
        if kind == "moved to the end":
            lines.append(line)
        elif kind == "put before the first":
            lines.insert(0, line)
    return b"".join(lines), f"line {at + 1} {kind}"


def _long(data: bytes, rng) -> tuple[bytes, str]:
    at = _place(data, rng)
    filling = bytes([rng.choice(list(b"x9[ (,"))]) * int(rng.choice([300, 5000, LONG]))
    return data[:at] + filling + data[at:], f"{len(filling)} times {filling[:1]!r} at {at}"


def _other_encoding(data: bytes, rng) -> tuple[bytes, str]:
    encoding = str(rng.choice(["utf-16", "utf-8-sig", "latin-1", "cp037"]))
    text = data.decode("utf-8", errors="replace")
    if encoding == "latin-1":
        text += "\n# \xe4\xf6\xfc \xb0\n"
    return text.encode(encoding, errors="replace"), f"written in {encoding}"


_OF_BYTES = (_flip, _flip, _byte, _whole_number, _whole_number, _cut_off, _leave_out, _repeat, _erase, _exchange)
_OF_TEXT = (_number, _number, _number, _sign, _sign, _lines, _lines, _other_separator, _long, _other_encoding, _cut_off)
