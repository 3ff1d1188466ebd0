import errno
import fcntl
import gzip
import hashlib
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from cuffless.config import DownloadOptions
from cuffless.files import DiskError, require_space
from cuffless.records.remote import part as part_module
from cuffless.records.remote.download import AbsentError, Downloader, DownloadError, ServerError
from cuffless.records.remote.responses import other_host, validator_of

DATABASE = "db/1.0"
BIG = "p00/p000020/big.dat"
SMALL = "p00/p000020/small.hea"
SIZE = 300_000
Usage = namedtuple("Usage", "total used free")


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


@pytest.fixture
def impatient(site, monkeypatch):
    """Clients time out once they have all that the server will send, and no sooner, however busy the machine is."""
    read = socket.SocketIO.readinto

    def read_or_give_up(self, buffer):
        asks = self._sock.getpeername() == site.server.server_address
        while asks and not readable(self._sock, 0.02):
            if self._sock.getsockname()[1] in site.server.silent and not readable(self._sock, 0.5):
                raise TimeoutError("timed out")
        return read(self, buffer)

    monkeypatch.setattr(socket.SocketIO, "readinto", read_or_give_up)


def readable(connection, seconds):
    return bool(select.select([connection], [], [], seconds)[0])


@pytest.fixture
def waits(monkeypatch):
    """Seconds between attempts, which nobody waits."""
    waited = []
    monkeypatch.setattr("tenacity.sleep_using_event", lambda event: waited.append)
    return waited


def files_in(folder):
    """Names of all files below a folder, hidden ones too."""
    return sorted(path.name for path in folder.rglob("*") if not path.is_dir())


def assert_arrived(site, downloader, *paths):
    """The cache holds these files, whole, and nothing else."""
    for path in paths:
        assert (downloader.folder / path).read_bytes() == site.contents[path]
    assert files_in(downloader.folder) == sorted(path.rpartition("/")[2] for path in paths)


def part_of(downloader, path):
    final = downloader.folder / path
    return final.with_name(f".{final.name}.part")


# A file is fetched once.


def test_a_file_arrives_under_its_path(site):
    downloader = site.downloader(site.sums)
    assert downloader.fetch(BIG) == downloader.folder / BIG
    assert_arrived(site, downloader, BIG)
    assert (downloader.requests, downloader.bytes) == (1, SIZE)
    assert re.fullmatch(r"cuffless/[\d.]+ \(\+research\)", site.requests(BIG)[0].agent)


def test_a_file_in_the_cache_is_taken_as_it_is(site):
    downloader = site.downloader(lambda path: pytest.fail("no checksum is needed"))
    (downloader.folder / SMALL).parent.mkdir(parents=True)
    (downloader.folder / SMALL).write_text("mine")
    assert downloader.fetch(SMALL).read_text() == "mine"
    assert site.server.log == []


def test_an_empty_file_arrives(site):
    (site.root / "empty.dat").touch()
    assert site.downloader(lambda path: hashlib.sha256().hexdigest()).fetch("empty.dat").read_bytes() == b""


def test_text_is_the_content(site):
    assert site.downloader().text("RECORDS") == "p00/p000020/\n"


def test_names_are_quoted_in_addresses(site):
    name = "p 0#1?2%20é.dat"
    (site.root / name).write_bytes(b"odd")
    assert site.downloader().fetch(name).read_bytes() == b"odd"


def test_connections_are_kept_open(site):
    for number in range(30):
        (site.root / f"{number}.hea").write_bytes(b"x")
    downloader = site.downloader()
    for start in range(0, 30, 10):  # over several calls, and past files that are not there
        paths = [f"{number}.hea" for number in range(start, start + 10)] + [f"absent{start}"]
        assert list(downloader.fetch_all(paths)) == [f"absent{start}"]
    assert len(site.server.log) == 33
    assert site.server.connections <= 4


def test_at_most_the_given_connections_are_used(site, physionet):
    paths = [f"{number}.hea" for number in range(12)]
    for path in paths:
        (site.root / path).write_bytes(b"x")
        site.fail(path, physionet.slow(0.03, times=1))
    downloader = site.downloader(connections=3)
    with ThreadPoolExecutor(2) as pool:  # over all calls
        assert list(pool.map(downloader.fetch_all, (paths[:6], paths[6:]))) == [{}, {}]
    assert site.server.peak == 3
    assert site.server.peak_connections == 3


def test_failures_are_given_by_path_in_order(site, physionet):
    site.fail("secret.dat", physionet.status(403))
    downloader = site.downloader()
    failures = downloader.fetch_all(["gone.dat", SMALL, "secret.dat", "../x", BIG, SMALL])
    assert list(failures) == ["gone.dat", "secret.dat", "../x"]
    assert [type(error) for error in failures.values()] == [AbsentError, DownloadError, DownloadError]
    assert_arrived(site, downloader, BIG, SMALL)


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a/..",
        "a\\..\\x",
        ".hidden",
        "a/.x.part",
        "a\0b",
        "a\nb",
        "x" * 241,
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(site, path):
    with pytest.raises(DownloadError, match="no path inside the database"):
        site.downloader().fetch(path)
    assert site.server.log == []


@pytest.mark.parametrize("path", ["p00", "RECORDS/x.hea"])
def test_a_path_that_collides_with_a_file_or_folder_is_refused(site, path):
    downloader = site.downloader()
    downloader.fetch(SMALL)
    downloader.fetch("RECORDS")
    with pytest.raises(DownloadError, match="cannot lie at"):
        downloader.fetch(path)
    assert_arrived(site, downloader, SMALL, "RECORDS")


# Mirror and no network.


def test_a_file_of_the_mirror_is_linked(site):
    downloader = site.downloader(mirror=str(site.root.parents[1]))
    local = downloader.fetch(BIG)
    assert local.is_symlink()
    assert local.read_bytes() == site.contents[BIG]
    assert downloader.requests == 0


def test_a_file_of_the_mirror_is_copied_where_links_are_impossible(site, monkeypatch):
    def refuse(self, target):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr("pathlib.Path.symlink_to", refuse)
    downloader = site.downloader(mirror=str(site.root.parents[1]))
    assert not downloader.fetch(BIG).is_symlink()
    assert_arrived(site, downloader, BIG)
    assert downloader.requests == 0


def test_what_the_mirror_lacks_is_fetched(site, tmp_path):
    downloader = site.downloader(mirror=str(tmp_path / "mirror"))
    assert not downloader.fetch(BIG).is_symlink()
    assert_arrived(site, downloader, BIG)


def test_a_link_to_a_mirror_that_has_gone_is_replaced(site, tmp_path):
    shutil.copytree(site.root.parents[1], tmp_path / "mirror")
    local = site.downloader(mirror=str(tmp_path / "mirror")).fetch(SMALL)
    shutil.rmtree(tmp_path / "mirror")
    assert site.downloader().fetch(SMALL) == local
    assert not local.is_symlink()
    local.unlink()
    local.symlink_to(tmp_path / "mirror" / "gone")
    downloader = site.downloader(mirror=str(site.root.parents[1]))
    assert downloader.fetch(SMALL).readlink() == site.root / SMALL
    assert downloader.requests == 0


def test_without_network_what_is_not_here_is_absent(site, tmp_path):
    downloader = site.downloader(url="")
    with pytest.raises(AbsentError, match=r"big\.dat: neither in .*cache.* nor in a mirror .*url is empty"):
        downloader.fetch(BIG)
    assert not downloader.folder.exists()
    assert site.downloader(url="", mirror=str(site.root.parents[1])).fetch(BIG).is_symlink()


# Faults that pass.


def test_a_cut_download_resumes_by_range(site, physionet):
    site.fail(BIG, physionet.cut(100_000, times=1))
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    first, second = site.requests(BIG)
    assert (first.range, second.range) == ("", "bytes=100000-")
    assert second.if_range
    assert first.sent + second.sent == downloader.bytes == SIZE


@pytest.mark.parametrize("tags", [True, False])
def test_a_checksum_alone_lets_a_download_resume(site, physionet, tags):
    site.server.tags = tags
    site.fail(BIG, physionet.cut(100_000, times=1))
    downloader = site.downloader(None if tags else site.sums)
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert bool(site.requests(BIG)[1].if_range) == tags
    assert sum(request.sent for request in site.requests(BIG)) == SIZE


def test_without_version_and_checksum_a_download_starts_anew(site, physionet):
    site.server.tags = False
    site.fail(BIG, physionet.cut(100_000, times=1))
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.range for request in site.requests(BIG)] == ["", ""]


def test_a_network_that_cuts_often_gets_there_in_the_end(site, physionet):
    site.fail(BIG, physionet.cut(10_000))
    downloader = site.downloader(site.sums, attempts=1)
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert len(site.requests(BIG)) == 30
    assert downloader.bytes == SIZE


def test_crumbs_do_not_go_on_for_ever(site, physionet):
    site.fail(BIG, physionet.cut(100))
    with pytest.raises(DownloadError, match="not had in 3 attempts"):
        site.downloader(site.sums).fetch(BIG)
    assert len(site.requests(BIG)) == 3


def test_a_connection_that_is_reset_is_tried_again(site, physionet):
    site.fail(BIG, physionet.reset(100_000, times=2))
    downloader = site.downloader(site.sums)
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)


def test_a_body_shorter_than_its_length_is_completed(site, physionet):
    site.fail(BIG, physionet.short(7, times=1))
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.sent for request in site.requests(BIG)] == [SIZE - 7, 7]


def test_a_stalled_connection_is_given_up_and_resumed(site, physionet, impatient):
    site.fail(BIG, physionet.stall(100_000, times=1))
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert site.requests(BIG)[1].range == "bytes=100000-"


def test_an_answer_that_is_slow_is_waited_for(site, physionet):
    site.fail(BIG, physionet.slow(0.2, times=1))
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert len(site.requests(BIG)) == 1


def test_an_answer_that_does_not_come_is_asked_for_again(site, physionet, impatient):
    site.fail(BIG, physionet.silent(times=1))
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert len(site.requests(BIG)) == 2


def test_an_answer_is_waited_for_as_long_as_the_option_says(site, physionet):
    site.fail(BIG, physionet.silent())
    with pytest.raises((DownloadError, ServerError), match=r"big\.dat.*\(last: .*timed out"):
        site.downloader(timeout_seconds=0.1, attempts=1).fetch(BIG)


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_statuses_that_pass_are_tried_again(site, physionet, code):
    site.fail(BIG, physionet.status(code, times=2))
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.status for request in site.requests(BIG)] == [code, code, 200]


@pytest.mark.parametrize(
    ("code", "asked", "least", "most"), [(429, 0.3, 0.0, 0.012), (429, 77, 77, 77), (503, "date+590", 90, 590)]
)
def test_the_wait_that_a_server_asks_for_is_kept(site, physionet, waits, code, asked, least, most):
    # 0.3 is no valid number of seconds: then the usual wait holds.
    site.fail(SMALL, physionet.status(code, times=1, retry_after=asked))
    downloader = site.downloader()
    downloader.fetch(SMALL)
    (wait,) = waits
    assert least <= wait <= most
    assert_arrived(site, downloader, SMALL)


def test_an_excessive_wait_is_capped(site, physionet, waits):
    site.fail(SMALL, physionet.status(503, times=1, retry_after=86400))
    site.downloader().fetch(SMALL)
    assert waits == [600]
    assert [request.status for request in site.requests(SMALL)] == [503, 200]


def test_waits_double_from_a_second_to_two_minutes(monkeypatch, tmp_path):
    state = SimpleNamespace(outcome=SimpleNamespace(exception=lambda: SimpleNamespace(wait=None)), attempt_number=0)
    downloader = Downloader(DATABASE, DownloadOptions(cache=str(tmp_path)))
    for state.attempt_number, least in enumerate((1, 2, 4, 8, 16, 32, 64, 119, 119), start=1):
        assert least <= downloader._wait(state) <= least + 1


def test_a_server_that_knows_no_ranges_sends_the_whole_again(site, physionet):
    site.fail(BIG, physionet.cut(100_000, times=1), physionet.no_ranges())
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.status for request in site.requests(BIG)] == [200, 200]


def test_a_wrong_range_is_not_written(site, physionet):
    site.fail(BIG, physionet.cut(100_000, times=1), physionet.wrong_range())
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [(request.status, request.range) for request in site.requests(BIG)] == [
        (200, ""),
        (206, "bytes=100000-"),
        (200, ""),
    ]


def test_a_file_that_changed_on_the_server_meanwhile_is_fetched_anew(site, physionet):
    site.fail(BIG, physionet.cut(100_000, times=1), physionet.status(503))
    with pytest.raises(DownloadError, match=r"big\.dat: not had in 1 attempt "):
        site.downloader(attempts=1).fetch(BIG)
    site.fail(BIG)
    site.contents[BIG] = random.Random(2).randbytes(SIZE)
    (site.root / BIG).write_bytes(site.contents[BIG])
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert site.requests(BIG)[-1].range == "bytes=100000-"
    assert site.requests(BIG)[-1].status == 200  # to If-Range with the old version


def test_damaged_content_is_fetched_again_from_the_start(site, physionet):
    site.fail(BIG, physionet.damaged(times=2))
    downloader = site.downloader(site.sums, attempts=1)
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.range for request in site.requests(BIG)] == ["", "", ""]


def test_a_chunked_body_arrives(site, physionet):
    site.fail(BIG, physionet.chunked())
    downloader = site.downloader()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)


def test_a_body_without_length_is_taken_if_a_checksum_proves_it(site, physionet):
    site.fail(BIG, physionet.no_length())
    with pytest.raises(DownloadError, match="no length and no checksum"):
        site.downloader().fetch(BIG)
    downloader = site.downloader(site.sums)
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)


# Faults that stay.


@pytest.mark.parametrize("code", [404, 410])
def test_an_absent_file_is_asked_for_once(site, physionet, code):
    site.fail(BIG, physionet.status(code))
    downloader = site.downloader()
    with pytest.raises(AbsentError, match=rf"{site.server.url}/{DATABASE}/{BIG}: not on the server \({code}\)"):
        downloader.fetch(BIG)
    assert len(site.requests(BIG)) == 1
    assert files_in(downloader.folder) == []


@pytest.mark.parametrize("code", [401, 403, 407])
def test_a_refused_file_says_what_access_may_lack(site, physionet, code):
    site.fail(BIG, physionet.status(code))
    downloader = site.downloader()
    with pytest.raises(DownloadError, match=rf"refused \({code}\).*credentialed access.*agreement.*proxy") as caught:
        downloader.fetch(BIG)
    assert not isinstance(caught.value, AbsentError)
    assert len(site.requests(BIG)) == 1
    assert files_in(downloader.folder) == []


def test_other_errors_of_the_request_end_at_once(site, physionet):
    site.fail(BIG, physionet.status(400))
    with pytest.raises(DownloadError, match="400 Bad Request"):
        site.downloader().fetch(BIG)
    assert len(site.requests(BIG)) == 1


def test_a_redirection_in_circles_ends_at_once(site, physionet):
    site.fail(BIG, physionet.status(302, Location=f"/files/{DATABASE}/{BIG}"))
    with pytest.raises(DownloadError, match="in circles"):
        site.downloader().fetch(BIG)


def test_a_page_to_log_in_is_no_recording(site, physionet):
    site.fail(SMALL, physionet.page())
    downloader = site.downloader()
    with pytest.raises(DownloadError, match=r"a web page came in place of the file; .*credentialed access"):
        downloader.fetch(SMALL)
    assert files_in(downloader.folder) == []


def test_a_compressed_body_is_refused_unless_the_file_is_one(site, physionet):
    (site.root / "notes.csv.gz").write_bytes(b"content")
    site.fail(SMALL, physionet.packed())
    site.fail("notes.csv.gz", physionet.packed())
    with pytest.raises(DownloadError, match="comes as gzip though asked for as it is"):
        site.downloader().fetch(SMALL)
    assert gzip.decompress(site.downloader().fetch("notes.csv.gz").read_bytes()) == b"content"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ETag": '"1"', "Last-Modified": "Mon"}, '"1"'),
        ({"ETag": 'W/"1"', "Last-Modified": "Mon"}, "Mon"),  # a weak one does not vouch for each byte
        ({"ETag": 'W/"1"'}, ""),
        ({}, ""),
    ],
)
def test_a_version_is_known_by_a_strong_tag_or_its_date(headers, expected):
    assert validator_of(headers) == expected


def test_a_wrong_checksum_is_given_up_after_three_tries(site, physionet):
    site.fail(BIG, physionet.damaged())
    downloader = site.downloader(site.sums, attempts=8)
    got = hashlib.sha256(bytes(255 - byte for byte in site.contents[BIG])).hexdigest()
    with pytest.raises(
        DownloadError, match=f"wrong checksum, 3 times: expected {site.sums(BIG)}, got {got}; .*damaged"
    ):
        downloader.fetch(BIG)
    assert len(site.requests(BIG)) == 3
    assert files_in(downloader.folder) == []


def test_one_file_that_fails_is_its_own_fault_while_the_server_serves(site, physionet):
    site.fail(BIG, physionet.status(503))
    downloader = site.downloader()
    with pytest.raises(DownloadError, match=r"big\.dat: not had in 3 attempts \(last: 503 Service Unavailable\)"):
        downloader.fetch(BIG)
    assert len(site.requests(BIG)) == 3
    assert len(site.requests("RECORDS")) == 1
    assert files_in(downloader.folder) == []


def test_a_body_that_never_gets_on_is_its_own_fault_and_what_came_is_kept(site, physionet, impatient):
    site.fail(BIG, physionet.cut(100_000, times=1), physionet.stall(0))
    downloader = site.downloader()
    with pytest.raises(DownloadError, match=r"last: broken off after 100000 bytes: .*timed out"):
        downloader.fetch(BIG)
    assert len(site.requests(BIG)) == 4  # one got on, three did not
    assert part_of(downloader, BIG).stat().st_size == 100_000
    assert not (downloader.folder / BIG).exists()


def test_a_server_that_does_not_serve_stops_all(site, physionet):
    paths = [f"{number}.dat" for number in range(200)]
    site.server.set_fault("*", physionet.status(503))
    with pytest.raises(ServerError, match=r"did not answer.* in 3 attempts \(last: 503 .*kept, run again"):
        site.downloader().fetch_all(paths)
    assert len(site.server.log) < 60
    assert not issubclass(ServerError, DownloadError)


def test_the_others_stop_where_they_are_when_the_server_fails(site, physionet, monkeypatch):
    monkeypatch.setattr(Downloader, "first_wait", 0.2)
    site.fail(BIG, physionet.cut(3_000))  # 100 requests, 0.2 s apart: 20 s, of which the others need one
    for path in ("other.dat", "RECORDS"):
        site.fail(path, physionet.status(503))
    downloader = site.downloader(attempts=2)
    with pytest.raises(ServerError, match=r"other\.dat was not had"):
        downloader.fetch_all([BIG, "other.dat"])
    sent = len(site.requests(BIG))
    assert 1 <= sent < 100
    assert (sent - 1) * 3_000 < part_of(downloader, BIG).stat().st_size <= sent * 3_000


def test_a_server_that_is_gone_is_named_and_what_came_is_kept(site, physionet):
    site.fail(BIG, physionet.cut(100_000, times=1), physionet.status(503))
    downloader = site.downloader()
    site.server.set_fault(f"{DATABASE}/RECORDS", physionet.status(503))
    with pytest.raises(ServerError):
        downloader.fetch(BIG)
    site.fail(BIG)
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert site.requests(BIG)[-1].range == "bytes=100000-"


def test_a_server_that_nobody_runs_is_an_error_of_the_server(site):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ServerError, match="Connection refused"):
        site.downloader(url=f"http://127.0.0.1:{port}/files").fetch(BIG)


@pytest.mark.parametrize("url", ["physionet", "ftp://127.0.0.1/x", "http://"])
def test_an_address_that_is_none_is_said_at_once(site, url):
    with pytest.raises(ServerError, match=r"is no web address; correct records\.download\.url"):
        site.downloader(url=url).fetch(BIG)


def test_no_message_shows_a_password(site, physionet):
    url = site.server.url.replace("://", "://me:secret@")
    with pytest.raises(AbsentError) as absent:
        site.downloader(url=url).fetch("gone.dat")
    site.server.set_fault("*", physionet.status(500))
    with pytest.raises(ServerError) as down:
        site.downloader(url=url).fetch(BIG)
    assert "secret" not in f"{absent.value} {down.value}"


# Killed, and at the same time.

SCRIPT = """
import sys
from cuffless.config import DownloadOptions
from cuffless.records.remote.download import Downloader
Downloader.first_wait = 0.01
url, cache, path = sys.argv[1:]
source = Downloader("db/1.0", DownloadOptions(url=url, cache=cache, reserve_gb=0, timeout_seconds=600))
print("ready", flush=True)
sys.stdin.readline()
print(source.fetch(path).stat().st_size, source.requests, flush=True)
"""


@pytest.fixture
def process(site, tmp_path):
    """Start processes that fetch a path when they are told to: ``process(path)``."""
    started = []

    def start(path):
        command = [sys.executable, "-c", SCRIPT, site.server.url, str(tmp_path / "cache"), path]
        one = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_a_killed_process_loses_nothing(site, physionet, process, wait_until):
    big = random.Random(3).randbytes(3_000_000)
    site.contents[BIG] = big
    (site.root / BIG).write_bytes(big)
    site.fail(BIG, physionet.stall(2_500_000, times=1))
    downloader = site.downloader()
    killed = process(BIG)
    assert killed.stdout.readline() == "ready\n"
    killed.stdin.write("\n")
    killed.stdin.flush()
    part = part_of(downloader, BIG)
    wait_until(lambda: part.exists() and part.stat().st_size == 2_500_000, "all that was sent is in the part")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [(request.range, request.sent) for request in site.requests(BIG)] == [
        ("", 2_500_000),
        ("bytes=2500000-", 500_000),
    ]


@pytest.mark.parametrize("known", [True, False])
def test_a_part_of_unknown_version_is_resumed_only_if_a_checksum_will_prove_it(site, known):
    downloader = site.downloader(site.sums if known else None)
    part = part_of(downloader, BIG)
    part.parent.mkdir(parents=True)
    part.write_bytes(site.contents[BIG][:200_000])
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.range for request in site.requests(BIG)] == (["bytes=200000-"] if known else [""])


def test_a_part_of_another_file_is_found_out_by_its_checksum(site):
    downloader = site.downloader(site.sums)
    part = part_of(downloader, BIG)
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(200_000))
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.range for request in site.requests(BIG)] == ["bytes=200000-", ""]


@pytest.mark.parametrize("known", ["checksum", "version"])
@pytest.mark.parametrize("length", [SIZE, SIZE + 10])
def test_a_part_that_is_full_already_is_kept_if_it_is_right(site, known, length):
    downloader = site.downloader(site.sums if known == "checksum" else None)
    part = part_of(downloader, BIG)
    part.parent.mkdir(parents=True)
    part.write_bytes((site.contents[BIG] + bytes(10))[:length])
    if known == "version":
        state = (site.root / BIG).stat()
        tag = f'"{state.st_mtime_ns:x}-{state.st_size:x}"'
        part.with_name(f"{part.name}.json").write_text(json.dumps({"validator": tag}))
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.status for request in site.requests(BIG)] == [416] + [200] * (length > SIZE)


def test_threads_that_want_one_file_fetch_it_once(site, physionet):
    site.fail(BIG, physionet.slow(0.1, times=1))
    downloaders = [site.downloader(site.sums) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda downloader: downloader.fetch(BIG), downloaders))
    assert_arrived(site, downloaders[0], BIG)
    assert len(site.requests(BIG)) == 1


def test_processes_that_want_one_file_fetch_it_once(site, physionet, process):
    site.fail(BIG, physionet.slow(0.3, times=1))
    both = [process(BIG), process(BIG)]
    for one in both:
        assert one.stdout.readline() == "ready\n"
    for one in both:
        one.stdin.write("\n")
        one.stdin.flush()
    said = sorted(one.stdout.readline().split() for one in both)
    assert said == [[str(SIZE), "0"], [str(SIZE), "1"]]
    assert_arrived(site, site.downloader(), BIG)
    assert len(site.requests(BIG)) == 1


def test_a_file_that_another_finished_just_now_is_not_fetched_again(site, monkeypatch):
    downloader = site.downloader()
    claim = part_module.Part.claim

    def finish_first(final):
        final.write_bytes(site.contents[BIG])
        return claim(final)

    monkeypatch.setattr(part_module.Part, "claim", finish_first)
    downloader.fetch(BIG)
    assert site.server.log == []
    assert_arrived(site, downloader, BIG)


@pytest.mark.parametrize("became", ["whole", "removed"])
def test_a_part_that_its_writer_ended_just_now_is_not_written_to(site, monkeypatch, became):
    downloader = site.downloader()
    ended = []
    lock = fcntl.flock

    def end_first(file, how):
        if not ended:
            os.pwrite(file, site.contents[BIG], 0)
            part = part_of(downloader, BIG)
            ended.append(part.replace(downloader.folder / BIG) if became == "whole" else part.unlink())
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", end_first)
    downloader.fetch(BIG)
    assert len(site.server.log) == (became == "removed")
    assert_arrived(site, downloader, BIG)


def test_a_waiting_thread_takes_over_where_another_failed(site, physionet):
    site.fail(BIG, physionet.status(403, times=1))
    outcomes = []

    def fetch(downloader):
        try:
            outcomes.append(downloader.fetch(BIG).stat().st_size)
        except DownloadError:
            outcomes.append("refused")

    threads = [threading.Thread(target=fetch, args=(site.downloader(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [SIZE, "refused"]


def test_where_locks_are_impossible_each_writes_a_part_of_its_own(site, physionet, monkeypatch):
    def refuse(file, how):
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(part_module, "fcntl", SimpleNamespace(flock=refuse, LOCK_EX=2, LOCK_NB=4))
    site.fail(BIG, physionet.cut(100_000, times=1), physionet.slow(0.1, times=3))
    downloaders = [site.downloader(site.sums) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda downloader: downloader.fetch(BIG), downloaders))
    assert_arrived(site, downloaders[0], BIG)
    with pytest.raises(AbsentError):
        downloaders[0].fetch("gone.dat")
    assert_arrived(site, downloaders[0], BIG)


# Proxies and disks.


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
    with pytest.raises(DiskError, match=r"cache/db/1\.0: 0\.000 GB are needed and 2 GB stay in reserve, but 2\.000 GB"):
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
    with pytest.raises(DiskError, match=r"the disk became full while .*big\.dat was written; .*keep_raw"):
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
        DiskError, match=r"yet: 3\.001 GB are needed and 2 GB stay in reserve, but 5\.000 GB .*; clean up"
    ):
        require_space(tmp_path / "not" / "yet", 3.001e9, 2, "clean up")
    assert asked == [tmp_path, tmp_path]


def test_connections_count_over_all_processes_that_share_a_cache(physionet, loopback, tmp_path):
    """Two downloaders of one cache, as two jobs have them, hold no more connections than one may."""
    from concurrent.futures import ThreadPoolExecutor

    root = tmp_path / "server" / "db" / "1.0"
    root.mkdir(parents=True)
    names = [f"f{k}" for k in range(12)]
    for name in names:
        (root / name).write_bytes(b"x" * 1000)
    slow = {f"db/1.0/{name}": physionet.slow(0.05) for name in names}
    with physionet.PhysioNetServer(tmp_path / "server", slow) as server:
        options = DownloadOptions(url=server.url, cache=str(tmp_path / "cache"), connections=2, reserve_gb=0)
        jobs = [Downloader("db/1.0", options), Downloader("db/1.0", options)]
        with ThreadPoolExecutor(2) as pool:
            failures = list(pool.map(lambda job, part: job.fetch_all(part), jobs, (names[:6], names[6:])))
        assert failures == [{}, {}]
        assert server.peak == 2


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
    said = r"broken off after 0\.00[23] GB, which are deleted, as the server does not say how long the file is"
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
    with pytest.raises(DiskError, match=r"big\.dat: broken off after 0\.00\d GB, which are kept; .*in reserve"):
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
    said = "came and there is no end" if endless else "it has 0.003 GB"
    with pytest.raises(DownloadError, match=rf"big\.dat: .*{said}, more than the 0\.002 GB .*download\.largest_gb"):
        downloader.fetch(BIG)
    assert files_in(downloader.folder) == []
    assert len(site.requests(BIG)) == 1


def test_a_connection_that_is_too_slow_counts_as_dead(site, monkeypatch):
    passed = iter(range(0, 10**9, 700))
    monkeypatch.setattr(Downloader, "clock", staticmethod(lambda: next(passed)))
    downloader = site.downloader(slowest_kb_s=1000)
    with pytest.raises(DownloadError, match=r"big\.dat: not had in 3 attempts \(last: \d+\.\d kB in 700 s \(records\."
                       r"download\.slowest_kb_s\)\), though the server serves other files"):  # fmt: skip
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
        ("http://a.org/files/x", "https://a.org/files/x", ""),
        ("https://a.org/x", "https://user:word@b.org/y", "b.org"),
        ("http://a.org:80/x", "http://a.org:81/x", "a.org:81"),
        ("http://a.org/x", "https://a.org:443/x", ""),
        ("http://a.org:80/x", "https://a.org/x", ""),
        ("http://a.org/x", "", ""),
    ],
)
def test_another_host_is_another_name_or_port(asked, answered, host):
    assert other_host(asked, answered) == host
