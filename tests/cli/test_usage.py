"""Wrong use is exit status 2, with what to do instead, before any work; nothing is left behind."""

import gzip
import shlex

import pytest


@pytest.fixture
def mistaken(cuffless):
    """Call with a mistake: exit status 2, nothing on standard output -> standard error in one line."""

    def call(*arguments):
        result = cuffless(*arguments)
        assert result.exit_code == 2
        assert result.stdout == ""
        return " ".join(result.stderr.split())

    return call


def write(path, text):
    path.write_text(text)
    return path


def test_a_csv_wants_its_sampling_rate_unless_its_time_column_tells_it(cuffless, mistaken, tmp_path):
    plain = write(tmp_path / "a.csv", "ppg,abp\n" + "1,2\n" * 9)
    assert "give it with --fs (e.g. --fs 125)" in mistaken("inspect", plain)
    timed = write(tmp_path / "b.csv", "timer,ppg,abp\n" + "".join(f"{8 * i},{i},80\n" for i in range(9)))
    assert "125 Hz from column timer" in cuffless("inspect", timed).stderr


def test_a_sampling_rate_that_contradicts_the_time_column_is_said(cuffless, tmp_path):
    rows = "".join(f"2020-01-01 00:00:0{i // 10}.{i % 10}00000,{i % 7},1\n" for i in range(50))
    result = cuffless("inspect", write(tmp_path / "a.csv", "datetime,ppg,abp\n" + rows), "--fs", 125)
    assert "--fs 125, but column datetime suggests 10 Hz" in result.stderr


@pytest.mark.parametrize(
    ("text", "arguments", "remedy"),
    [
        ("1\n2\n3\n", (), "--columns ppg"),
        ("1,2\n3,4\n", (), "--columns ppg,abp"),
        (",".join(["1"] * 90) + "\n" + ",".join(["2"] * 90), ("--columns", "ppg,abp"), "pass --rows"),
        ("1,2,3\n4,5,6\n", ("--columns", "ppg,abp"), "has 3 columns, but --columns names 2"),
        ("1,2,3\n4,5,6\n", ("--rows", "--columns", "ppg,abp,ecg"), "holds 2 rows, but --columns names 3"),
        ("1;2\n3;4\n", (), "semicolon-separated); name them"),
        ("1\t2\t3\t4", (), "--fs 125 --rows --columns ppg"),
    ],
)
def test_a_csv_laid_out_otherwise_than_said_is_told_how_to_say_so(mistaken, tmp_path, text, arguments, remedy):
    assert remedy in mistaken("inspect", write(tmp_path / "a.csv", text), "--fs", 125, *arguments)


def test_the_command_that_a_message_gives_works_when_pasted(cuffless, mistaken, tmp_path):
    wave = [0.5 + 0.4 * (i % 80 < 20) + 0.001 * (i % 7) for i in range(12000)]
    path = write(tmp_path / "my file.txt", "".join(f"  {x:.4f}  {70 + 50 * x:.2f}\n" for x in wave))
    before = path.read_bytes()
    said = mistaken("inspect", path)
    assert "blank-separated" in said
    command = shlex.split(said.partition("e.g.: ")[2])
    assert command == ["cuffless", "inspect", str(path), "--fs", "125", "--columns", "ppg,abp"]
    assert cuffless(*command[1:]).exit_code in (0, 1)
    assert path.read_bytes() == before


@pytest.mark.parametrize("by", [";", "\t", "|"])
def test_nothing_needs_converting_and_no_advice_names_the_file_as_its_own_target(cuffless, tmp_path, by):
    path = write(tmp_path / "semi.csv", f"ppg{by}abp\n0,5{by}80,1\n0,6{by}81,2\n")
    result = cuffless("inspect", path, "--fs", 125)
    assert "decimal commas, columns ppg, abp; 125 Hz as given" in result.stderr
    assert " > " not in result.stderr
    assert "tr " not in result.stderr


def test_a_csv_without_a_ppg_column_holds_nothing_usable(cuffless, tmp_path):
    result = cuffless("inspect", write(tmp_path / "a.csv", "x,abp\n1,2\n"), "--fs", 125, "--json")
    assert result.exit_code == 1
    assert "no column 'ppg' (found: x, abp)" in result.stderr


@pytest.mark.parametrize("rows", [(), ("--rows",)])
def test_a_truncated_archive_holds_nothing_usable(cuffless, tmp_path, rows):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"ppg,abp\n1,2\n" * 99)[:30])
    result = cuffless("inspect", path, "--fs", 125, *rows)
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr


@pytest.mark.parametrize("fs", ["5", "0", "-1", "nan", "inf", "fast"])
def test_an_impossible_sampling_rate_is_refused(mistaken, tmp_path, fs):
    assert "--fs" in mistaken("inspect", write(tmp_path / "a.csv", "ppg,abp\n1,2\n"), f"--fs={fs}")


def test_what_is_no_recording_is_named_with_what_would_be_one(mistaken, tmp_path):
    assert "nothing not found, neither as a CSV file nor as a WFDB record" in mistaken("inspect", tmp_path / "nothing")
    assert "nothing.csv not found" in mistaken("inspect", tmp_path / "nothing.csv", "--fs", 125)
    assert "is a folder without recordings" in mistaken("inspect", tmp_path)
    assert ".csv.gz" in mistaken("inspect", write(tmp_path / "a.npz", "x"))
    inside = write(tmp_path / "b.csv", "ppg,abp\n1,2\n")
    assert f"e.g. {inside}" in mistaken("inspect", tmp_path)


def test_options_of_a_csv_are_refused_for_a_wfdb_record(mistaken, tmp_path):
    write(tmp_path / "r.hea", "r 1 125 10\n")
    assert "a WFDB header gives these itself" in mistaken("inspect", tmp_path / "r", "--fs", 125)


def test_limits_are_paper_code_or_a_valid_configuration(mistaken, signals_csv, tmp_path):
    call = ("inspect", signals_csv, "--fs", 125, "--limits")
    assert "give paper, code" in mistaken(*call, "papers")
    assert "did you mean snr_db?" in mistaken(*call, write(tmp_path / "a.yaml", "windows: {snr_dB: 1}\n"))
    assert "is not YAML" in mistaken(*call, write(tmp_path / "b.yaml", "a: [\n"))


@pytest.mark.parametrize(("option", "name"), [("--plot", "a.jpeg2"), ("--plot", "a"), ("--windows", "a.parquet")])
def test_an_output_of_an_unknown_kind_is_refused_before_any_work(mistaken, signals_csv, tmp_path, option, name):
    assert "the name must end in" in mistaken("inspect", signals_csv, "--fs", 125, option, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_an_output_that_cannot_be_written_is_an_error_without_traceback(mistaken, signals_csv, tmp_path):
    blocked = write(tmp_path / "file", "") / "a.csv"
    assert "its folder cannot be created" in mistaken("inspect", signals_csv, "--fs", 125, "--windows", blocked)
    folder = tmp_path / "a.csv"
    folder.mkdir()
    assert "is a folder" in mistaken("inspect", signals_csv, "--fs", 125, "--windows", folder)


def test_help_names_every_command_and_the_exit_status(cuffless):
    result = cuffless("--help")
    assert result.exit_code == 0
    for word in ("inspect", "predict", "Exit status"):
        assert word in result.stdout
