"""On a terminal of 100 columns and 40 lines, what a command prints can be read without scrolling."""

import os
import pty
import re
import subprocess
import sys
import termios

import numpy as np
import pandas as pd
import pytest
from mcd_folder import write_mcd_folder

# Keras 3 under numpy 2.4 reads arrays by a protocol whose argument it does not take yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
COLUMNS, LINES = 100, 40
COMMANDS = ("inspect", "predict", "plan", "pulse", "manifest", "judge")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(scope="module")
def on_terminal(project):
    """Run the command line on a terminal: on_terminal("inspect", path) -> (exit status, lines)."""

    def run(*arguments, folder=None):
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (LINES, COLUMNS))
        kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        environment = {**kept, "PYTHONPATH": str(project / "src"), "TERM": "xterm"}
        command = [sys.executable, "-c", "from cuffless.cli import main; main()", *map(str, arguments)]
        with subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=folder, close_fds=True
        ) as process:
            os.close(slave)
            printed = b""
            while part := _read(master):
                printed += part
        os.close(master)
        return process.returncode, _ESCAPES.sub("", printed.decode()).replace("\r", "").rstrip("\n").split("\n")

    return run


def _read(master):
    try:
        return os.read(master, 65536)
    except OSError:  # Linux: the other end was closed
        return b""


def assert_fits(lines):
    worded = [line for line in lines if not line.startswith("  cuffless ")]  # a command to paste stays whole
    assert max(map(len, worded)) <= COLUMNS, max(worded, key=len)
    assert len(lines) < LINES


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_help_of_each_command_fits(cuffless, on_terminal, command):
    call = [*filter(None, [command])]
    status, lines = on_terminal(*call, "-h")
    assert status == 0
    assert_fits(lines)
    assert "..." not in "".join(lines).partition("Commands:")[2]
    assert cuffless(*call, "-h").stdout == cuffless(*call, "--help").stdout


def test_each_command_is_tested_here(cuffless):
    listed = re.findall(
        r"^  (\w+) ", cuffless("-h").stdout.partition("Commands:")[2].partition("Exit")[0], re.MULTILINE
    )
    assert sorted(listed) == sorted(COMMANDS)


def test_an_inspection_fits(on_terminal, signals_csv, noisy_csv, shared):
    for record in (signals_csv, noisy_csv):
        status, lines = on_terminal("inspect", record, "--fs", 125)
        assert status == 0
        assert_fits(lines)
    status, lines = on_terminal("inspect", shared / "wfdb_samples" / "mixedsignals")
    assert status == 1
    assert_fits(lines)
    assert "  windows: {limits: code}" in lines


def test_predictions_fit_unless_all_are_asked_for(on_terminal, noisy_csv, save_model, origin):
    intervals = {
        "level": 0.8,
        "method": "plain",
        "quantile": [20, 9],
        "persons": 24,
        "windows": 928,
        "new_people": True,
    }
    model = save_model(origin=origin, intervals=intervals)
    status, lines = on_terminal("predict", noisy_csv, "--fs", 125, "--model", model)
    assert status == 0
    assert_fits(lines)
    assert any("101-141" in line for line in lines)
    [more] = [int(line.split()[0]) for line in lines if "more windows: --all" in line]
    status, everything = on_terminal("predict", noisy_csv, "--fs", 125, "--model", model, "--all")
    assert max(map(len, everything)) <= COLUMNS
    assert len(everything) == len(lines) + more - 1


def test_a_plan_fits(on_terminal, project):
    for study in ("config.yaml", "config/tiny.yaml"):
        status, lines = on_terminal("plan", project / study, folder=project)
        assert status == 0
        assert_fits(lines)


def test_a_manifest_fits(on_terminal, tmp_path):
    write_mcd_folder(tmp_path, subjects=2, seconds=12, cameras=("FullHDwebcam", "USBVideo"), films=False)
    _, lines = on_terminal("manifest", tmp_path, "--output", "videos.csv", folder=tmp_path)
    assert_fits(lines)


def test_a_pulse_fits(on_terminal, tmp_path):
    t = np.arange(120 * 30) / 30
    pulse = np.outer(np.sin(2 * np.pi * 1.2 * t), (0.33, 0.77, 0.53))
    noise = 0.002 * np.random.default_rng(0).standard_normal((len(t), 3))
    colours = np.array((120.0, 90.0, 70.0)) * (1 - 0.01 * pulse + noise)
    pd.DataFrame({"time": 1000 * t, **dict(zip("RGB", colours.T, strict=True))}).to_csv(tmp_path / "a.csv", index=False)
    status, lines = on_terminal("pulse", tmp_path / "a.csv")
    assert status == 0
    assert_fits(lines)


@pytest.mark.slow
def test_a_judgement_fits(on_terminal, tmp_path):
    rng = np.random.default_rng(0)
    reference = np.repeat(rng.normal((120, 65), (15, 8), (20, 2)), 12, axis=0) + rng.normal(0, 3, (240, 2))
    table = pd.DataFrame(reference, columns=["sbp_ref", "dbp_ref"])
    table["subject"] = [f"p{k // 12:02d}" for k in range(240)]
    table["start"] = [10.0 * (k % 12) for k in range(240)]
    table = table.assign(seconds=7.0, sbp=table["sbp_ref"] + 4, dbp=table["dbp_ref"] - 3)
    table.to_csv(tmp_path / "table.csv", index=False)
    status, lines = on_terminal("judge", "table.csv", "--output", "judged", "--bootstrap", 400, folder=tmp_path)
    assert status == 0
    assert_fits(lines)


def test_the_version_is_printed(cuffless):
    from cuffless import __version__

    assert {cuffless(option).stdout for option in ("-V", "--version")} == {f"cuffless {__version__}\n"}


def test_without_arguments_there_is_help(cuffless):
    bare, asked = cuffless(), cuffless("--help")
    assert (bare.stdout, bare.exit_code) == (asked.stdout, 0)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [(("inspcet",), "inspect"), (("inspect", "--limts"), "--limits"), (("judge", "--outptu"), "--output")],
)
def test_a_slip_is_answered_with_what_was_probably_meant(cuffless, wrong, meant):
    result = cuffless(*wrong)
    assert result.exit_code == 2
    assert meant in result.stderr.rpartition("Error: ")[2]
