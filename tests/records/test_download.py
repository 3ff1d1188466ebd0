"""Files from a server, whatever it and the network do."""

import errno
import gzip
import hashlib
import random
import re
import select
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from served import BIG, DATABASE, SIZE, SMALL, assert_arrived, files_in, part_of

from cuffless.config import DownloadOptions
from cuffless.records.remote.download import AbsentError, Downloader, DownloadError, ServerError
from cuffless.records.remote.responses import validator_of


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
    with pytest.raises(DownloadError, match="not a path inside the database"):
        site.downloader().fetch(path)
    assert site.server.log == []


@pytest.mark.parametrize("path", ["p00", "RECORDS/x.hea"])
def test_a_path_that_collides_with_a_file_or_folder_is_refused(site, path):
    downloader = site.downloader()
    downloader.fetch(SMALL)
    downloader.fetch("RECORDS")
    with pytest.raises(DownloadError, match="cannot be stored at"):
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
    with pytest.raises(AbsentError, match=r"big\.dat: not in .*cache.* or a mirror .*url is empty"):
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
    with pytest.raises(DownloadError, match="not fetched in 3 attempts"):
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
    with pytest.raises(DownloadError, match=r"big\.dat: not fetched in 1 attempt "):
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
    with pytest.raises(DownloadError, match="neither length nor checksum is known"):
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
    with pytest.raises(DownloadError, match="redirected in a loop"):
        site.downloader().fetch(BIG)


def test_a_page_to_log_in_is_no_recording(site, physionet):
    site.fail(SMALL, physionet.page())
    downloader = site.downloader()
    with pytest.raises(DownloadError, match=r"the server sent a web page instead of the file; .*credentialed access"):
        downloader.fetch(SMALL)
    assert files_in(downloader.folder) == []


def test_a_compressed_body_is_refused_unless_the_file_is_one(site, physionet):
    (site.root / "notes.csv.gz").write_bytes(b"content")
    site.fail(SMALL, physionet.packed())
    site.fail("notes.csv.gz", physionet.packed())
    with pytest.raises(DownloadError, match="sent as gzip although no compression was requested"):
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
    with pytest.raises(DownloadError, match=f"wrong checksum 3 times: expected {site.sums(BIG)}, got {got}; .*damaged"):
        downloader.fetch(BIG)
    assert len(site.requests(BIG)) == 3
    assert files_in(downloader.folder) == []


def test_one_file_that_fails_is_its_own_fault_while_the_server_serves(site, physionet):
    site.fail(BIG, physionet.status(503))
    downloader = site.downloader()
    with pytest.raises(DownloadError, match=r"big\.dat: not fetched in 3 attempts \(last: 503 Service Unavailable\)"):
        downloader.fetch(BIG)
    assert len(site.requests(BIG)) == 3
    assert len(site.requests("RECORDS")) == 1
    assert files_in(downloader.folder) == []


def test_a_body_that_never_gets_on_is_its_own_fault_and_what_came_is_kept(site, physionet, impatient):
    site.fail(BIG, physionet.cut(100_000, times=1), physionet.stall(0))
    downloader = site.downloader()
    with pytest.raises(DownloadError, match=r"last: interrupted after 100000 bytes: .*timed out"):
        downloader.fetch(BIG)
    assert len(site.requests(BIG)) == 4  # one got on, three did not
    assert part_of(downloader, BIG).stat().st_size == 100_000
    assert not (downloader.folder / BIG).exists()


def test_a_server_that_does_not_serve_stops_all(site, physionet):
    paths = [f"{number}.dat" for number in range(200)]
    site.server.set_fault("*", physionet.status(503))
    with pytest.raises(
        ServerError,
        match=r"does not answer.* in 3 attempts \(last: 503 .*run again to continue, fetched files are kept",
    ):
        site.downloader().fetch_all(paths)
    assert len(site.server.log) < 60
    assert not issubclass(ServerError, DownloadError)


def test_the_others_stop_where_they_are_when_the_server_fails(site, physionet, monkeypatch):
    monkeypatch.setattr(Downloader, "first_wait", 0.2)
    site.fail(BIG, physionet.cut(3_000))  # 100 requests, 0.2 s apart: 20 s, of which the others need one
    for path in ("other.dat", "RECORDS"):
        site.fail(path, physionet.status(503))
    downloader = site.downloader(attempts=2)
    with pytest.raises(ServerError, match=r"other\.dat was not fetched"):
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
    with pytest.raises(ServerError, match=r"is not a web address; correct records\.download\.url"):
        site.downloader(url=url).fetch(BIG)


def test_no_message_shows_a_password(site, physionet):
    url = site.server.url.replace("://", "://me:secret@")
    with pytest.raises(AbsentError) as absent:
        site.downloader(url=url).fetch("gone.dat")
    site.server.set_fault("*", physionet.status(500))
    with pytest.raises(ServerError) as down:
        site.downloader(url=url).fetch(BIG)
    assert "secret" not in f"{absent.value} {down.value}"
