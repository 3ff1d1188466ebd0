"""What a download may take and whom it may trust: disks, sizes, rates, hosts."""

import errno
import os
from collections import namedtuple

import pytest
from served import BIG, DATABASE, SIZE, SMALL, assert_arrived, files_in

from cuffless.config import DownloadOptions
from cuffless.files import DiskError, require_space
from cuffless.records.remote import part as part_module
from cuffless.records.remote.download import Downloader, DownloadError
from cuffless.records.remote.responses import other_host

Usage = namedtuple("Usage", "total used free")


def test_proxies_of_the_environment_are_used(site, monkeypatch):
    proxy = site.server.url.removesuffix("/files")
    monkeypatch.setenv("http_proxy", proxy)
    downloader = site.downloader(url="http://physionet.invalid/files")
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert site.requests(BIG)[0].target == f"http://physionet.invalid/files/{DATABASE}/{BIG}"


def test_a_full_disk_is_said_before_a_file_is_begun(site, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: Usage(10**12, 10**12, 2 * 10**9 + SIZE - 1))
    downloader = site.downloader(reserve_gb=2)
    assert downloader.fetch_all([SMALL]) == {}
    with pytest.raises(
        DiskError, match=r"cache/db/1\.0: 0\.000 GB are needed and 2 GB stay in reserve, but only 2\.000 GB"
    ):
        downloader.fetch(BIG)
    with pytest.raises(DiskError, match=r"keep_raw: false.*records\.download\.cache.*reserve_gb"):
        downloader.fetch_all([BIG])
    assert_arrived(site, downloader, SMALL)


def test_a_disk_that_fills_meanwhile_leaves_no_half_file(site, monkeypatch):
    whole = os.pwrite

    def fill(file, content, at):
        if at + len(content) > 100_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(file, content, at)

    monkeypatch.setattr(os, "pwrite", fill)
    downloader = site.downloader(site.sums)
    with pytest.raises(DiskError, match=r"the disk is full, .*big\.dat could not be written; .*keep_raw"):
        downloader.fetch(BIG)
    assert not (downloader.folder / BIG).exists()
    monkeypatch.undo()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)


def test_space_is_asked_of_the_nearest_folder_that_is_there(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("shutil.disk_usage", lambda folder: asked.append(folder) or Usage(0, 0, 5 * 10**9))
    require_space(tmp_path / "not" / "yet", 3e9, 2, "")
    with pytest.raises(
        DiskError, match=r"yet: 3\.001 GB are needed and 2 GB stay in reserve, but only 5\.000 GB .*; clean up"
    ):
        require_space(tmp_path / "not" / "yet", 3.001e9, 2, "clean up")
    assert asked == [tmp_path, tmp_path]


def room_for(monkeypatch, folder, reserve_gb, room):
    """A disk that has so many bytes above its reserve, and whose free space falls as files are written to a folder."""
    free = reserve_gb * 10**9 + room

    def usage(_):
        held = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return Usage(10**12, 0, free - held)

    monkeypatch.setattr("shutil.disk_usage", usage)
    return usage


def test_a_body_without_end_leaves_the_reserve_as_it_is(site, physionet, monkeypatch):
    site.fail(BIG, physionet.endless())
    downloader = site.downloader(reserve_gb=2)
    usage = room_for(monkeypatch, downloader.folder, 2, 3_000_000)
    written, write = [], part_module.Part.write
    monkeypatch.setattr(
        part_module.Part, "write", lambda part, piece: write(part, piece) or written.append(usage(None).free)
    )
    said = r"interrupted after 0\.00[23] GB, which are deleted because the server does not give the file's length"
    with pytest.raises(DiskError, match=rf"big\.dat: {said}; .*2 GB stay in reserve.*keep_raw"):
        downloader.fetch(BIG)
    assert min(written) >= 2 * 10**9
    assert usage(None).free == 2 * 10**9 + 3_000_000
    assert files_in(downloader.folder) == []


def test_a_disk_that_others_fill_meanwhile_keeps_its_reserve_and_what_came(site, monkeypatch):
    (site.root / BIG).write_bytes(bytes(4_000_000))
    downloader = site.downloader(reserve_gb=2)
    room_for(monkeypatch, downloader.folder, 2, 4_500_000)
    write = part_module.Part.write

    def others_write(part, piece):
        write(part, piece)
        (downloader.folder / "others").write_bytes(bytes(part.size // 2))

    monkeypatch.setattr(part_module.Part, "write", others_write)
    with pytest.raises(DiskError, match=r"big\.dat: interrupted after 0\.00\d GB, which are kept; .*in reserve"):
        downloader.fetch(BIG)
    monkeypatch.undo()
    (downloader.folder / "others").unlink()
    downloader.fetch(BIG)
    assert (downloader.folder / BIG).read_bytes() == bytes(4_000_000)
    assert site.requests(BIG)[-1].range.startswith("bytes=")


@pytest.mark.parametrize("endless", [True, False])
def test_a_file_longer_than_any_may_be_is_given_up(site, physionet, endless):
    (site.root / BIG).write_bytes(bytes(3_000_000))
    if endless:
        site.fail(BIG, physionet.endless())
    downloader = site.downloader(largest_gb=0.002)
    said = "so far, of unknown length" if endless else "0.003 GB"
    with pytest.raises(
        DownloadError, match=rf"big\.dat: .*{said}, above the limit of 0\.002 GB .*download\.largest_gb"
    ):
        downloader.fetch(BIG)
    assert files_in(downloader.folder) == []
    assert len(site.requests(BIG)) == 1


def test_a_connection_that_is_too_slow_counts_as_dead(site, monkeypatch):
    passed = iter(range(0, 10**9, 700))
    monkeypatch.setattr(Downloader, "clock", staticmethod(lambda: next(passed)))
    downloader = site.downloader(slowest_kb_s=1000)
    with pytest.raises(DownloadError, match=r"big\.dat: not fetched in 3 attempts \(last: \d+\.\d kB in 700 s \("
                       r"records\.download\.slowest_kb_s\)\), although the server serves other files"):  # fmt: skip
        downloader.fetch(BIG)
    patient = site.downloader(slowest_kb_s=0)
    patient.fetch(BIG)
    assert_arrived(site, patient, BIG)


def test_what_another_host_serves_is_told_apart(site, physionet, tmp_path):
    told = []
    with physionet.PhysioNetServer(tmp_path / "server") as other:
        site.fail("*", physionet.status(302, Location=f"{other.url}/{DATABASE}/{BIG}"))
        site.fail(BIG, physionet.status(302, Location=f"{other.url}/{DATABASE}/{BIG}"))
        site.fail(SMALL, physionet.status(302, Location=f"/files/{DATABASE}/RECORDS"))
        downloader = Downloader(
            DATABASE,
            DownloadOptions(url=site.server.url, cache=str(tmp_path / "cache"), reserve_gb=0),
            {"RECORDS": "0" * 64}.get,
            lambda path, host: told.append((path, host)),
        )
        with downloader:
            downloader.fetch(BIG)
            downloader.fetch(SMALL)
        assert told == [(BIG, other.url.removeprefix("http://").removesuffix("/files"))]


@pytest.mark.parametrize(
    ("asked", "answered", "host"),
    [
        ("https://a.org/x", "https://user:word@b.org/y", "b.org"),
        ("http://a.org:80/x", "http://a.org:81/x", "a.org:81"),
    ],
)
def test_another_host_is_another_name_or_port(asked, answered, host):
    assert other_host(asked, answered) == host


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("http://a.org/files/x", "https://a.org/files/x"),
        ("http://a.org/x", "https://a.org:443/x"),
        ("http://a.org:80/x", "https://a.org/x"),
        ("http://a.org/x", ""),
    ],
)
def test_the_same_name_at_its_schemes_port_or_no_address_is_not_another_host(asked, answered):
    assert other_host(asked, answered) == ""
