"""Folders of WFDB records."""

from collections.abc import Iterator
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.records.folders import files_in
from cuffless.records.formats.wfdb_headers import header_text, read_header
from cuffless.records.local import DetectedFolder, concerned_by, local_entry
from cuffless.records.record import RecordError
from cuffless.records.source import Entry


class WfdbFolder(DetectedFolder):
    """WFDB records, multi-segment masters in place of their segments."""

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """Records whose header no other header names as its segment."""
        headers = files_in(options, lambda name: name.endswith(".hea"), concerned_by(options, shard))
        return map(local_entry, _masters(headers))


def _masters(headers: list[Path]) -> list[Path]:
    """Records of WFDB headers: those that no master names as its segment, and all masters."""
    masters, segments = set(), set()
    for header in headers:
        lines = _header_lines(header)
        if lines and "/" in lines[0].split()[0]:
            masters.add(header)
            try:
                described = read_header(header.with_suffix("")).segments or ()
            except RecordError:  # what it would name may be anything
                continue
            segments |= {header.parent / f"{name}.hea" for name, _ in described}
    return [
        header.with_suffix("") if header.suffix == ".hea" else header
        for header in headers
        if header in masters or header not in segments
    ]


def _header_lines(header: Path) -> list[str]:
    """Lines of a header without comments; none of one that cannot be read (opening it tells why)."""
    try:
        text = header_text(header)
    except RecordError:
        return []
    return [line for line in text.splitlines() if line.strip() and line[0] != "#"]
