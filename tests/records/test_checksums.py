import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from cuffless.records.remote.checksums import Checksums, ChecksumsError

A, B, C = (hashlib.sha256(content).hexdigest() for content in (b"a", b"b", b"c"))
FILES = {
    "RECORDS": A,
    "p00/p000020/3544749_0001.hea": A,
    "p00/p000020/3544749_0001.dat": B,
    "p00/p000020/p000020-2183-04-28-17-47.hea": C,
    "p00/p000020/inner/notes.txt": C,
    "p00/p000030/3524877_layout.hea": B,
    "p00/p000030/12ab_0001.hea": B,
    "p00/p000033/3524877_0001.hea": B,
    "waves/p100/p10014354/81739927/81739927_0000.hea": A,
}


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "SHA256SUMS.txt"
    path.write_text("".join(f"{digest}  {name}\n" for name, digest in FILES.items()))
    return path


@pytest.fixture
def sums(text, tmp_path):
    with Checksums.build(text, tmp_path / "cache" / "sums.sqlite") as built:
        yield built


def left_behind(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_every_line_is_found_again(sums):
    assert {name: sums.lookup(name) for name in FILES} == FILES
    assert sums.lookup("./RECORDS") == A


@pytest.mark.parametrize("path", ["", "p00", "p00/p000020", "p00/p000020/3544749_0001", "3544749_0001.hea", "a'; --"])
def test_other_paths_have_no_checksum(sums, path):
    assert sums.lookup(path) is None


def test_names_are_those_of_a_folder_alone(sums):
    expected = ["3544749_0001.dat", "3544749_0001.hea", "p000020-2183-04-28-17-47.hea"]
    assert sums.names("p00/p000020") == sums.names("./p00/p000020/") == expected
    assert sums.names("") == ["RECORDS"]
    assert sums.names("p00") == []


def test_a_record_id_under_two_patients_is_nobodys(sums):
    assert sums.patients() == {"3544749": "p000020", "81739927": "p10014354"}


@pytest.mark.parametrize("form", ["{}  {}\n", "{} {}\n", "{} *{}\n", "{}  ./{}\n", "{} *./{}\n", "{}  {}\r\n"])
def test_forms_of_a_line(tmp_path, form):
    text = tmp_path / "SHA256SUMS.txt"
    text.write_bytes("".join(form.format(digest.upper(), name) for name, digest in FILES.items()).encode() + b"\n")
    with Checksums.build(text, tmp_path / "sums.sqlite") as sums:
        assert {name: sums.lookup(name) for name in FILES} == FILES


@pytest.mark.parametrize(
    "line",
    [
        "no checksum at all",
        A[:-1] + "  short.dat",
        A + "0  long.dat",
        A,
        A + "  ",
        "g" + A[1:] + "  letters.dat",
        "x" * 20000,
    ],
)
def test_a_malformed_line_is_named_with_its_number(text, tmp_path, line):
    text.write_text(text.read_text() + line + "\n")
    number = len(FILES) + 1
    with pytest.raises(ChecksumsError, match=rf"SHA256SUMS\.txt, line {number}: .*64 hexadecimal digits.*path"):
        Checksums.build(text, tmp_path / "sums.sqlite")
    assert not (tmp_path / "sums.sqlite").exists()
    assert left_behind(tmp_path) == []


def test_a_web_page_is_no_list(tmp_path):
    text = tmp_path / "SHA256SUMS.txt"
    text.write_text("\n  <!DOCTYPE html>\n<html><body>Please log in</body></html>\n")
    with pytest.raises(ChecksumsError, match="line 2: a web page, not a list of checksums"):
        Checksums.build(text, tmp_path / "sums.sqlite")


def test_an_empty_list_is_refused(tmp_path):
    text = tmp_path / "SHA256SUMS.txt"
    text.write_text("\n")
    with pytest.raises(ChecksumsError, match="no checksums; a line must be"):
        Checksums.build(text, tmp_path / "sums.sqlite")


@pytest.mark.parametrize("between", [0, 25_000])
def test_two_checksums_of_one_path_are_refused(text, tmp_path, between):
    filler = "".join(f"{B}  fill/{k}.dat\n" for k in range(between))
    text.write_text(text.read_text() + filler + f"{A}  RECORDS\n")  # said twice, alike: harmless
    Checksums.build(text, tmp_path / "alike.sqlite").close()
    text.write_text(text.read_text() + f"{B}  RECORDS\n")
    with pytest.raises(ChecksumsError, match="two checksums for RECORDS"):
        Checksums.build(text, tmp_path / "sums.sqlite")
    assert not (tmp_path / "sums.sqlite").exists()


def test_a_build_that_is_killed_leaves_no_index_and_is_made_up_for(text, tmp_path):
    (tmp_path / ".sums.sqlite.part").write_bytes(b"SQLite format 3\0 and then the power went" * 1000)
    with pytest.raises(ChecksumsError, match="delete it"):
        Checksums(tmp_path / "sums.sqlite")
    with Checksums.build(text, tmp_path / "sums.sqlite") as sums:
        assert sums.lookup("RECORDS") == A
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_index_is_refused_by_name(tmp_path, content):
    (tmp_path / "sums.sqlite").write_bytes(content)
    with pytest.raises(ChecksumsError, match=r"sums\.sqlite: not a checksum index"):
        Checksums(tmp_path / "sums.sqlite")


def test_an_index_of_the_same_text_is_kept_and_of_another_replaced(text, sums):
    before = sums.path.stat().st_ino
    Checksums.build(text, sums.path).close()
    assert sums.path.stat().st_ino == before
    text.write_text(f"{B}  RECORDS\n")
    with Checksums.build(text, sums.path) as other:
        assert (other.lookup("RECORDS"), sums.lookup("RECORDS")) == (B, A)  # an open one is not pulled away
    text.unlink()  # by a job that has built it
    with Checksums.build(text, sums.path) as kept:
        assert kept.lookup("RECORDS") == B


def test_threads_share_one_index(sums):
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(sums.lookup, list(FILES) * 200)) == list(FILES.values()) * 200


def test_an_index_is_read_where_nothing_can_be_written(sums):
    sums.path.chmod(0o444)
    sums.path.parent.chmod(0o555)
    try:
        with Checksums(sums.path) as other:
            assert other.lookup("RECORDS") == A
        assert [path.name for path in sums.path.parent.iterdir()] == ["sums.sqlite"]
    finally:
        sums.path.parent.chmod(0o755)


def test_a_long_list_takes_little_memory(tmp_path):
    code = """
import sys, tracemalloc
from cuffless.records.remote.checksums import Checksums
tracemalloc.start()
with Checksums.build(sys.argv[1], sys.argv[2]) as sums:
    print(tracemalloc.get_traced_memory()[1], sums.lookup("p0/15/99999.dat"))
"""
    text = tmp_path / "SHA256SUMS.txt"
    with text.open("w") as lines:
        lines.writelines(f"{k:064x}  p0/{k % 16}/{k}.dat\n" for k in range(100_000))
    command = [sys.executable, "-c", code, str(text), str(tmp_path / "sums.sqlite")]
    peak, found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert int(found, 16) == 99_999
    assert int(peak) < 8e6  # the rows alone are 25 MB
