"""Files with several video streams: OpenCV reads the first, which may be a cover picture or a thumbnail."""

import io
from pathlib import Path

from cuffless.camera.video.containers import Declaration


def as_opencv_reads_it(path: Path, declared: Declaration | None):
    """What OpenCV is given to read: the path, or the file with the streams hidden that come before the right one."""
    return _Overwritten(path, declared.hidden) if declared and declared.hidden else str(path)


class _Overwritten(io.BufferedIOBase):
    """A file of which some bytes read as others."""

    def __init__(self, path: Path, changes: tuple[tuple[int, bytes], ...]):
        self._file, self._changes = path.open("rb"), changes

    def read(self, size=-1, /):
        """Read like a file."""
        start = self._file.tell()
        data = self._file.read(size)
        for place, new in self._changes:
            if start - len(new) < place < start + len(data):
                cut = slice(max(place - start, 0), min(place + len(new), start + len(data)) - start)
                part = new[max(start - place, 0) :][: cut.stop - cut.start]
                data = data[: cut.start] + part + data[cut.stop :]
        return data

    def seek(self, offset, whence=0, /):
        """Move like in a file."""
        return self._file.seek(offset, whence)

    def close(self):
        """Close the file."""
        self._file.close()
        super().close()
