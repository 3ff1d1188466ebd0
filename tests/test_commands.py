"""A command ends with one line and a status, whatever happens to it."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cuffless.commands import exit_on_error
from cuffless.errors import CufflessError, printable

ESCAPE = "\x1b[31mred\x07"


def ended(capsys, error):
    with pytest.raises(SystemExit) as end, exit_on_error("cuffless"):
        raise error
    return end.value.code, capsys.readouterr().err


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "error", [KeyError("a"), RecursionError(), MemoryError(), TypeError(f"no\n{ESCAPE}" + "x" * 9999)]
)
def test_what_nobody_foresaw_is_one_line_and_a_file_of_details(capsys, temporary, error):
    code, said = ended(capsys, error)
    [details] = temporary.iterdir()
    assert code == 70
    assert said.count("\n") == 1
    assert said.startswith(f"cuffless: {type(error).__name__}")
    assert said.endswith(f"; this is a bug in cuffless; the details are in {details}\n")
    assert len(said) < 600
    assert said.rstrip("\n").isprintable()
    assert "Traceback" in details.read_text()
    assert "test_commands.py" in details.read_text()


def test_details_that_cannot_be_written_do_not_hide_the_line(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    code, said = ended(capsys, KeyError("a"))
    assert code == 70
    assert "the details could not be written (No such file or directory)" in said


def test_an_error_of_the_projects_own_says_all_itself(capsys, temporary):
    assert ended(capsys, CufflessError("a.csv: no column")) == (2, "cuffless: a.csv: no column\n")
    assert not list(temporary.iterdir())


def test_an_interrupt_says_nothing(capsys, temporary):
    assert ended(capsys, KeyboardInterrupt()) == (130, "")


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        ("KeyError(1)", 70, "cuffless: KeyError: 1; this is a bug in cuffless; the details are in "),
        ("KeyboardInterrupt", 130, ""),
    ],
)
def test_the_command_line_ends_so(tmp_path, raised, status, said):
    code = f"""
import sys, tempfile
import cuffless.cli.planning as planning
from cuffless.cli import main

def run_plan(*_):
    raise {raised}

planning.run_plan, tempfile.tempdir, sys.argv = run_plan, {str(tmp_path)!r}, ["cuffless", "plan"]
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == status
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == bool(said)


def test_the_installed_command_is_the_one_that_ends_so(project):
    assert 'cuffless = "cuffless.cli:main"' in (project / "pyproject.toml").read_text()


def test_a_reader_that_has_gone_ends_a_command_without_words():
    code = """
from cuffless.commands import exit_on_error
with exit_on_error("cuffless"):
    for _ in range(100_000):
        print("x" * 80)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait() == 1


def test_a_full_disk_behind_standard_output_is_told():
    code = "from cuffless.commands import exit_on_error\nwith exit_on_error('cuffless'):\n    print('x')"
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True)
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr
    assert done.returncode == 2


def job(tmp_path, error):
    """What the terminal and the log of a job have that ends with an error."""
    imports = "from cuffless.errors import CufflessError\nfrom cuffless.joblog import logged\n"
    code = f"{imports}with logged('job.log'):\n    raise {error}"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    return done.stderr, (tmp_path / "job.log").read_text()


@pytest.mark.parametrize("error", ["KeyError('a')", "RecursionError('too deep')", "AssertionError()"])
def test_a_job_ends_in_words_too_and_its_log_has_the_rest(tmp_path, error):
    said, log = job(tmp_path, error)
    assert said.startswith(f"\nERROR: {error.partition('(')[0]}")
    assert "a bug in cuffless, or in your own network or source" in said
    assert "Details: job.log" in said
    assert "Traceback" not in said
    assert "Traceback" in log


def test_no_message_of_a_job_carries_escapes_to_the_terminal(tmp_path):
    message = f"study.yaml cannot be used:\nname: {ESCAPE}{'x' * 9999}"
    said, _ = job(tmp_path, f"CufflessError({message!r})")
    assert all(sign.isprintable() or sign == "\n" for sign in said)
    assert "cannot be used:\nname: ?[31mred?" in said
    assert len(said) < 2500


def test_what_is_printable_keeps_its_lines():
    assert printable("a\nb\tc\r\u202e\ud800") == "a\nb?c???"
    assert [len(line) for line in printable("x" * 5000 + "\ny").split("\n")] == [2000, 1]


def test_every_program_ends_so(project):
    """Whatever is run as a program by its users."""
    sources = [*(project / "src").rglob("*.py"), *(project / "workflow").glob("*.py")]
    programs = [p for p in sources if p.name == "__main__.py" or 'if __name__ == "__main__"' in p.read_text()]
    assert {Path(os.path.relpath(p, project)).as_posix() for p in programs if "exit_on_error(" in p.read_text()} >= {
        "workflow/choose_records.py",
        "workflow/why.py",
        "src/cuffless/config/__main__.py",
    }
    assert [p for p in programs if "exit_on_error(" not in p.read_text()] == []


def test_a_name_too_long_for_a_file_is_no_fault_of_the_program(capsys, temporary):
    error = OSError(errno.ENAMETOOLONG, "File name too long", "x" * 5000)
    status, said = ended(capsys, error)
    assert status == 2
    assert said.endswith("...: too long for a file name\n")
    assert len(said) < 200


def test_a_configuration_that_snakemake_could_not_read_is_told_before(project, tmp_path):
    (tmp_path / "a.yaml").write_bytes("study: {dataset: Müller}\n".encode("latin-1"))
    command = [sys.executable, "-m", "cuffless.config", str(tmp_path / "a.yaml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "is not UTF-8" in done.stderr
    assert done.stderr.count("\n") == 1
    makefile = (project / "Makefile").read_text()
    for target in ("fig7", "all", "report", "resume", "why"):
        assert f"\n{target}: checked" in makefile
