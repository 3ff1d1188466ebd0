"""A served database, which tests of downloads share."""

import hashlib
import random
from types import SimpleNamespace

import pytest
from served import BIG, DATABASE, SIZE, SMALL

from cuffless.config import DownloadOptions
from cuffless.records.remote.download import Downloader


@pytest.fixture
def site(tmp_path, physionet, loopback, monkeypatch):
    """A served database, and downloaders that hardly wait: ``site.downloader(**options)``."""
    monkeypatch.setattr(Downloader, "first_wait", 0.002)
    monkeypatch.setattr(Downloader, "longest_wait", 0.01)
    root = tmp_path / "server" / DATABASE
    (root / SMALL).parent.mkdir(parents=True)
    contents = {BIG: random.Random(1).randbytes(SIZE), SMALL: b"small 1 125 10\n", "RECORDS": b"p00/p000020/\n"}
    for path, content in contents.items():
        (root / path).write_bytes(content)
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
    made = []

    def downloader(checksum=None, **options):
        options = {"cache": str(tmp_path / "cache"), "timeout_seconds": 600, "attempts": 3, "reserve_gb": 0, **options}
        made.append(Downloader(DATABASE, DownloadOptions(**{"url": server.url, **options}), checksum))
        return made[-1]

    with physionet.PhysioNetServer(tmp_path / "server") as server:
        yield SimpleNamespace(
            server=server,
            root=root,
            contents=contents,
            sums=digests.get,
            downloader=downloader,
            fail=lambda path, *faults: server.set_fault(f"{DATABASE}/{path}", *faults),
            requests=lambda path: server.requests_of(f"{DATABASE}/{path}"),
        )
        for one in made:
            one.close()
