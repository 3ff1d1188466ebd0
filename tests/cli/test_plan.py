import json
from collections import namedtuple

import pytest
import yaml

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def study(project, tmp_path, monkeypatch):
    """A folder with the tiny study as config.yaml, as working directory; a disk of 100 GB."""
    (tmp_path / "config.yaml").write_text((project / "config" / "tiny.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(10**12, 0, 10**11))
    return tmp_path


def plan_json(cuffless, *arguments):
    result = cuffless("plan", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_the_simulated_study_is_foretold_without_running_anything(cuffless, study):
    plan = plan_json(cuffless)
    assert (plan["config"], plan["dataset"], plan["basis"]) == ("config.yaml", "tiny", "simulator")
    assert (plan["records"], plan["hours"], plan["download_gb"]) == (24, 1.6, 0.0)
    assert plan["jobs"]["total"] == 44
    assert plan["fits"]
    assert plan["remedies"] == []
    assert not (study / "results").exists()


def test_a_person_reads_a_table_and_a_few_sentences(cuffless, study):
    result = cuffless("plan", "--jobs", 2)
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    for word in ("24 subjects", "1.6 hours", "total 44", "100 GB free", "--windows-per-second"):
        assert word in text
    assert "WARNING" not in text


def test_the_papers_study_says_whose_figures_it_uses_and_that_it_will_not_fit(cuffless, study, project):
    path = project / "config" / "paper.yaml"
    result = cuffless("plan", path)
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert "figures of the paper's authors, not of this data set" in text
    assert f"--configfile {path} -- records" in text
    assert "WARNING: it will not fit" in text
    assert "keep_raw: false" in text
    plan = plan_json(cuffless, path, "--windows-per-second", 2000)
    assert not plan["fits"]
    assert plan["training"]["hours_at_most"] == pytest.approx(4.8e9 / 2000 / 3600, rel=1e-3)


def test_a_remedy_says_what_it_would_bring(cuffless, study, project, monkeypatch):
    path = project / "config" / "paper.yaml"
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(10**12, 0, 5 * 10**11))
    (remedy,) = (text for text in plan_json(cuffless, path)["remedies"] if "keep_raw" in text)
    assert "which lowers the peak to" in remedy
    assert "still too much" not in remedy
    changed = yaml.safe_load(path.read_text())
    changed["datasets"]["mimic"]["records"]["download"] = {"keep_raw": False}
    (study / "changed.yaml").write_text(yaml.safe_dump(changed))
    assert plan_json(cuffless, "changed.yaml")["fits"]


def test_a_disk_that_is_short_only_if_all_windows_are_kept_is_a_weaker_warning(cuffless, study, project, monkeypatch):
    path = project / "config" / "paper.yaml"
    needed = plan_json(cuffless, path)["disks"][0]["needed_gb"]
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(10**13, 0, (needed - 50) * 1e9))
    assert "WARNING: it may not fit, if all windows are kept" in cuffless("plan", path).stdout
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(10**13, 0, (needed - 300) * 1e9))
    assert "WARNING: it will not fit" in cuffless("plan", path).stdout


def test_records_that_were_listed_are_what_counts(cuffless, study, project):
    folder = study / "results" / "mimic"
    folder.mkdir(parents=True)
    (folder / "records.csv").write_text(
        "record,subject,identity,path,segments,seconds,sha256,problem,bytes,recorded,channels\n"
        "a,p1,patient,p1/a,1,7200.0,,,1500000000,7300.0,PLETH;ABP\n"
        "b,p2,patient,p2/b,0,0.0,,no ABP,0,100.0,PLETH\n"
    )
    plan = plan_json(cuffless, project / "config" / "paper.yaml")
    assert (plan["basis"], plan["records"], plan["unusable"], plan["hours"]) == ("records.csv", 1, 1, 2.0)
    assert plan["download_gb"] == 1.5


def test_a_table_without_a_usable_record_is_exit_status_1(cuffless, study, project):
    folder = study / "results" / "mimic"
    folder.mkdir(parents=True)
    (folder / "records.csv").write_text("record,subject,seconds,problem\na,p1,0,no ABP\n")
    result = cuffless("plan", project / "config" / "paper.yaml")
    assert result.exit_code == 1
    assert "none of 1 records can be used, most often: no ABP" in result.stderr


def test_a_configuration_that_cannot_be_used_is_exit_status_2(cuffless, study):
    assert cuffless("plan", "absent.yaml").exit_code == 2
    (study / "config.yaml").write_text("windows: {overlap: 1.0}\n")
    result = cuffless("plan")
    assert result.exit_code == 2
    assert "overlap" in result.stderr
