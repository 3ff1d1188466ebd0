"""`cuffless inspect`: what a recording holds, and why the rest is not kept."""

import gzip
import json
import re

import numpy as np
import pandas as pd
import pytest

KEYS = {"record", "fs", "channels", "seconds", "windows_cut", "windows_kept", "rejected", "candidates"}
MEDIANS = {"sbp_median", "dbp_median", "hr_median", "snr_median"}


def read(result):
    """The JSON a command printed; NaN and Infinity are not JSON."""
    return json.loads(result.stdout, parse_constant=pytest.fail)


def test_the_summary_of_a_simulated_recording_is_near_its_truth(cuffless, signals_csv, simulated):
    result = cuffless("inspect", signals_csv, "--fs", 125, "--limits", "code", "--json")
    summary = read(result)
    assert result.exit_code == 0
    assert set(summary) == KEYS | MEDIANS | {"read_as"}
    assert set(summary["candidates"]) == MEDIANS
    assert summary["windows_kept"] + sum(summary["rejected"].values()) == summary["windows_cut"] > 20
    assert summary["sbp_median"] == pytest.approx(simulated.truth["sbp"].median(), abs=3)
    assert summary["dbp_median"] == pytest.approx(simulated.truth["dbp"].median(), abs=3)
    assert summary["hr_median"] == pytest.approx(60 / simulated.truth["rr"].median(), rel=0.03)


def test_kept_windows_are_written_as_a_table(cuffless, signals_csv, tmp_path):
    path = tmp_path / "new" / "windows.csv"
    result = cuffless("inspect", signals_csv, "--fs", 125, "--limits", "code", "--json", "--windows", path)
    table = pd.read_csv(path)
    assert list(table) == ["start", "seconds", "sbp", "dbp", "hr", "snr"]
    assert len(table) == read(result)["windows_kept"]
    np.testing.assert_allclose(table["seconds"], 7 * 60 / table["hr"], rtol=1e-3)
    assert (table["start"].diff().dropna() >= table["seconds"].iloc[:-1].to_numpy() - 0.01).all()


def test_pressures_outside_the_paper_s_limits_keep_nothing(cuffless, shared):
    record = shared / "wfdb_samples" / "mixedsignals"
    paper = cuffless("inspect", record, "--json")
    assert paper.exit_code == 1
    summary = read(paper)
    assert set(summary) == KEYS | MEDIANS | {"reason", "remedy", "wider"}
    assert summary["windows_kept"] == 0
    assert {summary[key] for key in MEDIANS} == {None}
    assert max(summary["rejected"], key=summary["rejected"].get) == "dbp"
    assert "dbp" in summary["reason"]
    assert summary["reason"] in paper.stderr

    code = cuffless("inspect", record, "--json", "--limits", "code")
    assert code.exit_code == 0
    assert summary["wider"] == {"config": "windows: {limits: code}", "windows_kept": read(code)["windows_kept"]}
    assert "--limits code" in summary["remedy"]
    summary = read(code)
    medians = [summary[f"{name}_median"] for name in ("sbp", "dbp", "hr")]
    np.testing.assert_allclose(medians, (160, 90, 104), atol=3)


def test_a_mimic_record_has_the_pressures_its_source_states(cuffless, shared):
    summary = read(cuffless("inspect", shared / "wfdb_mimic3_3000714" / "3000714_0002", "--json"))
    medians = [summary[f"{name}_median"] for name in ("sbp", "dbp", "hr")]
    np.testing.assert_allclose(medians, (100, 45, 75), atol=2)
    assert summary["fs"] == 125
    assert "PLETH" in summary["channels"]


def test_a_configuration_s_main_windows_count(cuffless, shared, tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "windows: {limits: code}\nwindowings: {other: {limits: paper}, mine: {}}\n"
        "splits: {named: {nonmixed: {windowing: mine}}}\nstudy: {splits: [nonmixed]}\n"
    )
    result = cuffless("inspect", shared / "wfdb_samples" / "mixedsignals", "--limits", path, "--json")
    assert read(result)["windows_kept"] > 40


def test_a_record_without_ppg_is_named_with_the_channels_it_has(cuffless, shared):
    result = cuffless("inspect", shared / "wfdb_samples" / "03700181", "--json")
    assert result.exit_code == 1
    summary = read(result)
    assert set(summary) == KEYS | MEDIANS | {"reason"}
    assert "no PPG channel (found: MCL1, ABP, RESP)" in summary["reason"]
    assert summary["reason"] in result.stderr


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("a103l", "no arterial pressure channel (found: II, V, PLETH)"),
        ("p000878/p000878-2137-10-26-16-57", "no arterial pressure channel (found: PLETH, II)"),
    ],
)
def test_ppg_alone_is_inspected_by_the_rules_that_need_no_pressure(cuffless, shared, record, reason):
    result = cuffless("inspect", shared / "wfdb_samples" / record, "--json")
    assert result.exit_code == 0
    summary = read(result)
    assert set(summary) - {"passed_over", "warnings"} == KEYS | MEDIANS | {"no_pressure", "next"}
    assert reason in summary["no_pressure"]
    assert list(summary["rejected"]) == ["missing", "flat", "saturated", "hr", "pulses", "snr"]
    assert summary["windows_kept"] + sum(summary["rejected"].values()) == summary["windows_cut"] > 5
    assert (summary["sbp_median"], summary["candidates"]["dbp_median"]) == (None, None)
    assert 50 <= summary["hr_median"] <= 140
    assert summary["next"].startswith(f"cuffless predict {shared / 'wfdb_samples' / record}")


def test_a_pressure_that_was_asked_for_is_not_left_out(cuffless, shared):
    result = cuffless("inspect", shared / "wfdb_samples" / "a103l", "--abp", "ART", "--json")
    assert result.exit_code == 1
    assert "no arterial pressure channel" in read(result)["reason"]


def test_the_command_for_ppg_alone_repeats_how_the_file_is_read(cuffless, simulated, tmp_path):
    path = tmp_path / "my ppg.csv"
    np.savetxt(path, simulated.ppg[None, :15000], delimiter=",", fmt="%.4f")
    result = cuffless("inspect", path, "--fs", 125, "--rows", "--columns", "wave", "--ppg", "wave", "--invert")
    assert f"cuffless predict '{path}' --fs 125 --columns wave --ppg wave --rows --invert --model" in result.stdout
    assert "of PPG; 2" in result.stdout


@pytest.fixture(scope="module")
def raised(simulated, tmp_path_factory):
    """A clean recording whose pressures are so many mmHg higher: raised(110) -> path."""

    def write(by, scale=1.0):
        path = tmp_path_factory.mktemp("raised") / "high.csv"
        both = {"ppg": simulated.ppg[:15000], "abp": scale * simulated.abp[:15000] + by}
        pd.DataFrame(both).to_csv(path, index=False, float_format="%.3f")
        return path

    return write


@pytest.mark.parametrize("by", [40, 110])
def test_the_line_that_is_to_be_pasted_keeps_as_many_windows_as_said(cuffless, raised, tmp_path, by):
    path = raised(by)
    summary = read(cuffless("inspect", path, "--fs", 125, "--json"))
    assert (summary["windows_kept"], summary["wider"]["windows_kept"] > 15) == (0, True)
    (tmp_path / "mine.yaml").write_text(f"{summary['wider']['config']}\n")
    again = cuffless("inspect", path, "--fs", 125, "--limits", tmp_path / "mine.yaml", "--json")
    assert read(again)["windows_kept"] == summary["wider"]["windows_kept"]
    assert "reason" not in read(again)


def test_limits_are_not_widened_to_what_no_person_has(cuffless, raised):
    summary = read(cuffless("inspect", raised(400), "--fs", 125, "--json"))
    assert "wider" not in summary
    assert "75-165 mmHg are accepted (windows.sbp_range)" in summary["remedy"]


def test_a_pressure_in_kpa_is_recognized_and_the_columns_given_make_it_right(cuffless, raised):
    path = raised(0, 1 / 7.50062)
    summary = read(cuffless("inspect", path, "--fs", 125, "--limits", "code", "--json"))
    assert "too low for mmHg; if it is in kPa" in summary["remedy"]
    [columns] = re.findall(r"--columns '(.*)'", summary["remedy"])
    again = read(cuffless("inspect", path, "--fs", 125, "--limits", "code", "--columns", columns, "--json"))
    assert again["sbp_median"] == pytest.approx(108, abs=4)


def test_low_pressures_in_mmhg_are_not_taken_for_kpa(cuffless, raised):
    assert "kPa" not in read(cuffless("inspect", raised(-60), "--fs", 125, "--json")).get("remedy", "")


def test_a_record_shorter_than_a_window_is_not_called_rejected(cuffless, shared):
    result = cuffless("inspect", shared / "wfdb_mimic4_83404654" / "83404654_0007")
    assert result.exit_code == 1
    assert "no stretch with both signals is as long as a window of 7 beats" in result.stderr


def test_windows_without_beats_do_not_count_among_the_candidates(cuffless, shared):
    summary = read(cuffless("inspect", shared / "wfdb_mimic4_83404654" / "83404654_0020", "--json"))
    assert summary["windows_cut"] > 10
    assert set(summary["candidates"].values()) == {None}


def test_what_is_passed_over_of_a_record_is_said(cuffless, shared):
    summary = read(cuffless("inspect", shared / "wfdb_mimic4_83404654" / "83404654", "--json"))
    assert summary["windows_kept"] > 100
    assert any("signal file" in problem and "not found" in problem for problem in summary["passed_over"])


def test_any_file_of_a_record_names_it(cuffless, shared):
    folder = shared / "wfdb_mimic3_3000714"
    answers = {cuffless("inspect", folder / f"3000714_0002{end}", "--json").stdout for end in ("", ".hea", ".dat")}
    assert len(answers) == 1


def test_a_transposed_csv_tells_the_same_as_an_upright_one(cuffless, signals_csv, tmp_path):
    path = tmp_path / "subject.csv"
    np.savetxt(path, pd.read_csv(signals_csv).to_numpy().T, delimiter=",", fmt="%.4f")
    upright = cuffless("inspect", signals_csv, "--fs", 125, "--json")
    transposed = cuffless("inspect", path, "--fs", 125, "--rows", "--columns", "ppg,abp", "--json")
    told, same = read(transposed), read(upright)
    assert "comma-separated, rows ppg, abp; 125 Hz" in told.pop("read_as")
    assert "comma-separated, columns ppg, abp; 125 Hz" in same.pop("read_as")
    assert told == same


def test_the_text_holds_the_figures_and_each_rule_in_words(cuffless, shared):
    text = cuffless("inspect", shared / "wfdb_samples" / "mixedsignals").stdout
    assert "0 of 55 windows kept" in text
    assert "160.0" in text
    assert "DBP outside the accepted range" in text


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_the_picture_is_drawn_into_a_new_folder(cuffless, signals_csv, tmp_path, name, start):
    path = tmp_path / "new" / name
    result = cuffless("inspect", signals_csv, "--fs", 125, "--plot", path)
    assert result.exit_code == 0
    assert path.read_bytes().startswith(start)
    assert [p.name for p in path.parent.iterdir()] == [name]


@pytest.mark.parametrize("value", ["1e200", "1e5000", "9" * 400])
def test_a_signal_beyond_what_is_measured_is_said(cuffless, tmp_path, value, recwarn):
    rows = (f"{i / 125:.3f},{value},{90 + i % 7}\n" for i in range(4000))
    (tmp_path / "far.csv").write_text("time,ppg,abp\n" + "".join(rows))
    result = cuffless("inspect", tmp_path / "far.csv", "--json")
    assert "; 4,000 of 4,000 samples of the PPG are beyond 1e+12, outside any sensor's range" in read(result)["reason"]
    assert not [warning for warning in recwarn if warning.category is RuntimeWarning]


def test_a_gain_that_makes_infinite_values_is_said_without_warnings(cuffless, tmp_path, recwarn):
    lines = "a.dat 16 1e-306(0)/mV 16 0 0 0 0 PLETH\na.dat 16 20(0)/mmHg 16 0 0 0 0 ABP\n"
    (tmp_path / "a.hea").write_text(f"a 2 125 4000\n{lines}")
    np.random.default_rng(0).integers(1, 900, 8000).astype("<i2").tofile(tmp_path / "a.dat")
    assert (
        "4,000 of 4,000 samples of the PPG are beyond" in read(cuffless("inspect", tmp_path / "a", "--json"))["reason"]
    )
    assert not [warning for warning in recwarn if warning.category is RuntimeWarning]


def test_a_wrong_sum_of_compressed_text_has_a_remedy(cuffless, signals_csv, tmp_path):
    packed = bytearray(gzip.compress(signals_csv.read_bytes()))
    packed[-6] ^= 255
    (tmp_path / "p.csv.gz").write_bytes(packed)
    reason = read(cuffless("inspect", tmp_path / "p.csv.gz", "--json"))["reason"]
    assert reason.endswith("; fetch it again, or exclude the record (records.exclude)")
