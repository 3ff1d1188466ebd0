"""The workflow on a real Slurm: one machine, and two GPUs that Slurm hands out, though there is nothing behind them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
import yaml

SHARDS = {"simulate_records", "list_records", "cut_windows"}
LOCAL = {"join_records", "join_windows", "join_quality", "publish_figure", "publish_table", "publish_personalization"}
RUN = "results/tiny/training/{}/{}/seed0/{}"
TRAINING = "rule_train_network_wildcards_tiny_nonmixed_alexnet_0"
SHARD = "rule_cut_windows_wildcards_tiny_main_shard000"
# Snakemake as it is, but that it looks after its jobs every 2 s; the plugin waits 10 s longer after each look in vain.
SNAKEMAKE = """
import asyncio
import snakemake.cli
import snakemake_executor_plugin_slurm
snakemake_executor_plugin_slurm.Executor.sleep = lambda self: asyncio.sleep(2)
snakemake.cli.main()
"""


def profile(project, name):
    return yaml.safe_load((project / "profiles" / name / "profile.yaml").read_text())


def test_the_slurm_profile_holds_all_of_the_default_one(project):
    default, slurm = profile(project, "default"), profile(project, "slurm")
    assert default.items() <= slurm.items()


@pytest.fixture(scope="module")
def rules(project):
    """Text of every rule, by name; of one made from another, with that rule's."""
    texts = (path.read_text() for path in (project / "workflow" / "rules").glob("*.smk"))
    parts = [part for text in texts for part in re.split(r"^ *(?=(?:use )?rule \w)", text, flags=re.MULTILINE)[1:]]
    found = {}
    for part in parts:
        base, name = re.match(r"(?:use rule (\w+) as|rule) (\w+)", part).groups()
        found[name] = base, part
    return {name: part + (found[base][1] if base else "") for name, (base, part) in found.items()}


def test_the_slurm_profile_groups_only_rules_that_there_are(project, rules):
    assert {group.split("=")[0] for group in profile(project, "slurm")["groups"]} <= set(rules)


def test_every_rule_that_can_use_a_gpu_gets_one_from_the_slurm_profile(project, rules):
    given = profile(project, "slurm")["set-resources"]
    users = [name for name, text in rules.items() if re.search(r"^ +gpu=", text, flags=re.MULTILINE)]
    assert "train_network" in users
    for name in users:
        assert (given[name]["slurm_partition"], given[name]["gpu"]) == ("gpu", 1), name


def call(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout


@pytest.fixture(scope="module")
def cluster(project):
    """Bring Slurm up, and down again if it was not there before."""
    scripts = project.parent / "shared" / "slurm"
    if not scripts.is_dir():
        pytest.skip("the scripts that set a Slurm up (../shared/slurm) are not here")
    if os.geteuid() != 0:
        pytest.skip("setting a Slurm up needs root")
    if not (shutil.which("apt-get") or shutil.which("slurmctld")):
        pytest.skip("there is neither Slurm nor apt-get to install it with")
    up = subprocess.run([scripts / "slurm_up.sh", "--db"], capture_output=True, text=True, timeout=600)
    if up.returncode:
        pytest.skip(f"Slurm could not be set up: {(up.stderr or up.stdout).strip()[-300:]}")
    yield
    if "already up" not in up.stdout:
        subprocess.run([scripts / "slurm_down.sh", "--quiet"], check=True, timeout=600)


def signal_if_running(name, number):
    """Send a job a signal; it may have ended since it was seen."""
    subprocess.run(["scancel", f"--signal={name}", number], capture_output=True, timeout=600)


@dataclass
class Job:
    """A job as Slurm saw it."""

    rule: str
    partition: str
    state: str
    resources: str = ""


@dataclass
class SlurmRun:
    """What was seen of a run: jobs by number, which were cancelled or stopped, and how many trained at once."""

    folder: Path
    earlier: set[str] = field(default_factory=lambda: set(call("squeue", "--states=all", "--format=%i").split()))
    jobs: dict[str, Job] = field(default_factory=dict)
    cancelled: dict[str, str] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    let_go: bool = False
    trainings_at_once: int = 0

    def look(self):
        """Ask squeue about the jobs of this run."""
        for line in call("squeue", "--noheader", "--states=all", "--format=%i|%k|%P|%T|%Z").splitlines():
            number, comment, partition, state, folder = line.split("|")
            if folder == str(self.folder) and number not in self.earlier:
                self.jobs[number] = Job(comment, partition, state)
        self.trainings_at_once = max(self.trainings_at_once, len(self._training()))

    def _training(self):
        """Numbers of the jobs that have a GPU."""
        return [n for n, job in self.jobs.items() if job.partition == "gpu" and job.state in ("RUNNING", "STOPPED")]

    def stop_until_two_train(self):
        """Stop the first training, which keeps its GPU, until another has one: however slow the machine is."""
        training = self._training()
        if self.let_go or not training:
            return
        if len(training) == 1:
            # At every look: a signal that comes before the job's step has started reaches nothing.
            self.stopped.add(training[0])
            signal_if_running("STOP", training[0])
            return
        for number in self.stopped:
            signal_if_running("CONT", number)
        self.let_go = True

    def cancel_once(self, comment, is_due):
        """Cancel a job, the first time that it runs and `is_due`."""
        running = [n for n, job in self.jobs.items() if job.rule == comment and job.state == "RUNNING"]
        if running and comment not in self.cancelled and is_due():
            call("scancel", running[0])
            self.cancelled[comment] = running[0]

    def account(self, wait_until):
        """Take states and resources from the accounting data base, once it knows of every job's end."""

        def ended():
            table = call("sacct", "-XPn", "--format=JobID,State,AllocTRES", "--jobs", ",".join(self.jobs))
            rows = [line.split("|") for line in table.splitlines()]
            known = len(rows) == len(self.jobs) and not {state for _, state, _ in rows} & {"RUNNING", "PENDING"}
            return rows if known else None

        for number, state, resources in wait_until(ended, "every job's end is known"):
            self.jobs[number].state, self.jobs[number].resources = state, resources

    def of(self, *rules):
        """Jobs of rules; a group's job names its members."""
        return [job for job in self.jobs.values() if any(rule in job.rule for rule in rules)]


@pytest.fixture(scope="module")
def config(project):
    """The tiny study in one shard, with trainings that last long enough to be hit."""
    config = yaml.safe_load((project / "config" / "tiny.yaml").read_text())
    config["datasets"]["tiny"]["records"]["shards"] = 1
    config["training"] |= {"epochs": 40, "patience": 40}
    return config


@pytest.fixture(scope="module")
def slurm_run(cluster, make_study, config, wait_until):
    """The tiny study on Slurm from nothing to Figure 7; a shard and a training are cancelled on the way."""
    study = make_study("slurm")
    (study.folder / "study.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-c", SNAKEMAKE, "--workflow-profile", "profiles/slurm", "--configfile", "study.yaml"]
    command += ["--", "results/figures/fig7.pdf"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    run = SlurmRun(study.folder)

    def look_and_cancel():
        run.look()
        run.stop_until_two_train()
        run.cancel_once(SHARD, (study.folder / "logs/tiny/cut_windows/main/shard000.log").exists)
        run.cancel_once(TRAINING, lambda: any(study.folder.glob("results/tiny/state/nonmixed_alexnet*/*/*.npz")))

    with (
        (study.folder / "slurm.log").open("w") as log,
        subprocess.Popen(command, cwd=study.folder, stdout=log, stderr=subprocess.STDOUT, env=environment) as snakemake,
    ):
        try:
            wait_until(lambda: look_and_cancel() or snakemake.poll() is not None, "the study is done", hours=1)
        finally:
            if snakemake.poll() is None:
                snakemake.send_signal(signal.SIGINT)  # it cancels its jobs
    assert snakemake.returncode == 0, (study.folder / "slurm.log").read_text()[-5000:]
    run.look()
    run.account(wait_until)
    return run


@pytest.mark.slow
def test_the_tiny_study_runs_on_slurm_from_nothing_to_figure_7(slurm_run):
    assert (slurm_run.folder / "results/figures/fig7.pdf").read_bytes().startswith(b"%PDF")
    ended = [job.state for number, job in slurm_run.jobs.items() if number not in slurm_run.cancelled.values()]
    assert set(ended) == {"COMPLETED"}


@pytest.mark.slow
def test_shards_run_on_the_cpu_partition_and_trainings_on_the_gpu_partition(slurm_run):
    assert {job.rule.split("_wildcards_")[0].removeprefix("rule_") for job in slurm_run.of(*SHARDS)} == SHARDS
    trainings = slurm_run.of("train_network")
    assert len(trainings) == 5  # four, and one anew
    for job in slurm_run.jobs.values():
        assert job.partition == ("gpu" if job in trainings else "cpu"), job
        assert ("gres/gpu=1" in job.resources) == (job in trainings), job
    assert not slurm_run.of(*LOCAL)


@pytest.mark.slow
def test_two_trainings_at_once_have_a_gpu_each(slurm_run):
    devices = [
        json.loads(path.read_text())["hardware"]["cuda_visible_devices"]
        for path in slurm_run.folder.glob(RUN.format("*", "*", "run.json"))
    ]
    assert len(devices) == 4
    assert set(devices) == {"0", "1"}
    assert slurm_run.trainings_at_once == 2


@pytest.mark.slow
def test_cancelled_jobs_are_done_again_with_more_memory(slurm_run):
    def memory(job):
        return int(re.search(r"mem=(\d+)M", job.resources)[1])

    assert set(slurm_run.cancelled) == {SHARD, TRAINING}
    for comment, number in slurm_run.cancelled.items():
        first = slurm_run.jobs[number]
        (again,) = [job for n, job in slurm_run.jobs.items() if job.rule == comment and n != number]
        assert first.state.startswith("CANCELLED")
        assert again.state == "COMPLETED"
        assert memory(again) == 2 * memory(first)


@pytest.mark.slow
def test_a_shard_and_a_training_cancelled_on_the_way_end_as_if_undisturbed(slurm_run, tiny_study, make_study, config):
    log = (slurm_run.folder / "logs/tiny/train_network/nonmixed/alexnet_seed0.log").read_text()
    assert re.search(r"alexnet: continuing after epoch [1-9]", log)

    def windows(folder):
        table = pd.read_parquet(folder / "results/tiny/windows/main.parquet")
        return table.sort_values(["record", "row"], ignore_index=True)

    pd.testing.assert_frame_equal(windows(tiny_study.folder), windows(slurm_run.folder), check_exact=True)

    undisturbed = make_study("undisturbed").go_on_from(slurm_run)
    predictions = RUN.format("nonmixed", "alexnet", "predictions.parquet")
    undisturbed("--forcerun", "train_network", "--", predictions, config=config)
    calm, cancelled = (pd.read_parquet(folder / predictions) for folder in (undisturbed.folder, slurm_run.folder))
    pd.testing.assert_frame_equal(calm, cancelled, check_exact=True)
    history = RUN.format("nonmixed", "alexnet", "history.csv")
    calm, cancelled = (pd.read_csv(folder / history) for folder in (undisturbed.folder, slurm_run.folder))
    pd.testing.assert_frame_equal(calm.drop(columns="seconds"), cancelled.drop(columns="seconds"), check_exact=True)
