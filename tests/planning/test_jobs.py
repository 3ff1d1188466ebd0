import os

import pytest
import yaml

from cuffless.config import load_config
from cuffless.figures.registry import figures_of
from cuffless.planning import count_jobs


@pytest.fixture
def dry_run(project, tmp_path, snakemake_at_hand):
    """Jobs by rule that Snakemake would carry out in an empty folder: dry_run(config)."""

    def count(config):
        arguments = ["--dry-run", "--cores", "1", "--quiet", "rules", "host"]
        arguments += [
            "--snakefile",
            str(project / "Snakefile"),
            "--directory",
            str(tmp_path),
            "--configfile",
            str(config),
        ]
        done = snakemake_at_hand(arguments, cwd=project, env=os.environ, output=tmp_path / "dry_run.txt")
        assert done.returncode == 0, done.stdout
        lines = iter(done.stdout.splitlines())
        next(line for line in lines if line.startswith("job "))
        rows = (line.split() for line in lines)
        return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[0] != "total" and row[1].isdigit()}

    return count


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    ["simulator", "kfold", "inputs", "personalization", "rppg", "leakage", "external", "fetched", "passing"],
)
def test_jobs_are_those_of_a_dry_run_in_an_empty_folder(project, tmp_path, dry_run, source):
    config = yaml.safe_load((project / "config" / "tiny.yaml").read_text())
    if source == "kfold":
        config["splits"]["named"]["every"] = {"kind": "kfold", "folds": 3}
        config["study"] |= {"splits": ["every", "mixed"], "seeds": [0, 1]}
        config["personalization"] = {}
    elif source == "inputs":
        config["inputs"] = {"networks": ["alexnet"], "lengths": [2, 7, 15], "repeats": 2}
    elif source == "personalization":
        config["windowings"] = {"main": {}, "short": {"length": 3}}
        config["splits"]["named"]["other"] = {"kind": "nonmixed", "windowing": "short"}
        config["personalization"] = {"named": {"main": {}, "apart": {"split": "other"}}}
        config["study"] |= {"seeds": [0, 1], "networks": ["alexnet", "mean"]}
        config["networks"]["mean"] = {}
    elif source == "rppg":
        config["splits"]["named"]["other"] = {"kind": "nonmixed"}
        config["rppg"] = {"split": "other", "simulation": {"subjects": 4}}
        config["personalization"] = {}
    elif source == "leakage":
        config["datasets"]["stays"] = {"records": {"shards": 3}, "simulator": {"records": 2}}
        config["windowings"]["overlap50"] = {"overlap": 0.5}
        config["splits"]["named"] |= {"record": {"kind": "record"}}
        config["splits"]["named"] |= {"overlap50": {"kind": "mixed", "windowing": "overlap50"}}
        config["leakage"] = {"dataset": "stays", "confounding": [0, 1.0, 2]}
        config["study"]["seeds"] = [0, 1]
    elif source == "external":
        config["datasets"] |= {"other": {"records": {"shards": 3}}, "third": {}}
        config["splits"]["named"]["apart"] = {"kind": "nonmixed"}
        config["external"] = {"datasets": ["other", "tiny", "third"], "split": "apart"}
        config["study"]["seeds"] = [0, 1]
    elif source != "simulator":
        records = {"source": "physionet", "shards": 3, "download": {"keep_raw": source == "fetched"}}
        config["datasets"]["tiny"]["records"] = records
        config["windowings"] = {"main": {}, "short": {"length": 3}, "unused": {"length": 5}}
        config["splits"]["named"]["mixed"]["windowing"] = "short"
        config["study"]["seeds"] = [0, 1]
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(config))
    study = load_config(path)
    assert count_jobs(study, len(figures_of(study))) == dry_run(path)


def test_shards_networks_seeds_and_splits_multiply(paper):
    jobs = count_jobs(paper, figures=8)
    assert jobs["cut_windows"] == jobs["fetch_records"] == 400
    assert jobs["train_network"] == 2 * 5 * 3  # the mean regressor joins the four
