"""What a file says moves no cursor and fills no screen."""

import pandas as pd
import pytest

ESCAPE = "\x1b[31mred\x1b]0;title\x07"


def harmless(result):
    assert "Traceback" not in result.output
    for line in (result.stdout + result.stderr).split("\n"):
        assert line.isprintable() or not line, line
        assert line.count("Q") <= 300


def judged(cuffless, folder, name):
    rows = [(f"p{k}", 10.0 * j, 100 + 5 * k + j % 3, 60 + 2 * k + j % 2) for k in range(6) for j in range(4)]
    table = pd.DataFrame(rows, columns=["subject", "start", "sbp_ref", "dbp_ref"])
    table = table.assign(sbp=table["sbp_ref"] + 5, dbp=table["dbp_ref"] - 3, seconds=7.0, network=name, split="a")
    table.to_csv(folder / "t.csv", index=False)
    return cuffless("judge", folder / "t.csv", "--output", folder / "out", "--bootstrap", 400)


@pytest.mark.parametrize("name", [ESCAPE, "Q" * 10_000])
def test_names_in_a_table_of_predictions(cuffless, tmp_path, name):
    result = judged(cuffless, tmp_path, name)
    harmless(result)
    assert result.exit_code == 1
    assert "column network holds a name" in result.stderr


def test_a_long_name_of_a_network_is_judged_and_shown_shortened(cuffless, tmp_path):
    result = judged(cuffless, tmp_path, "Q" * 900)
    assert result.exit_code == 0
    assert (tmp_path / "out" / "judgement.html").is_file()
    harmless(result)


def test_names_of_channels(cuffless, tmp_path, signals_csv):
    text = signals_csv.read_text().replace("\n", ",0\n").replace("ppg,abp,0", f"ppg,abp,{ESCAPE}", 1)
    (tmp_path / "a.csv").write_text(text)
    harmless(cuffless("inspect", tmp_path / "a.csv", "--fs", 125))


def test_a_mistake_in_a_configuration(cuffless, tmp_path):
    (tmp_path / "a.yaml").write_text('windows: {"\\e[31mred": 1, "' + "Q" * 10_000 + '": 2}\n')
    result = cuffless("plan", tmp_path / "a.yaml")
    assert result.exit_code == 2
    harmless(result)
