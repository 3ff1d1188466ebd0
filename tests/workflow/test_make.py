"""`make` sets up what a target needs, once, and hands the backend on to Snakemake."""

import os
import shutil
import subprocess

import pytest
import yaml

GIVEN = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "BACKEND", "CONFIG", "GPU", "VENV")  # by a make around us
MARKS = {"": (), "-gpu": ("GPU=1",), "-jax": ("BACKEND=jax",), "-jax-gpu": ("BACKEND=jax", "GPU=1")}


@pytest.fixture
def make(project, tmp_path):
    """Run make in a folder whose environment is a stand-in: its programs list what they are called with, in `calls`."""
    shutil.copy(project / "Makefile", tmp_path)
    shutil.copy(project / "pyproject.toml", tmp_path)
    shutil.copytree(project / "envs", tmp_path / "envs")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "uv", "snakemake", "cuffless"):
        (programs / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/calls"\n')
        (programs / name).chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name not in GIVEN}

    def run(*arguments):
        (tmp_path / "calls").write_text("")
        done = subprocess.run(["make", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True)
        done.calls = (tmp_path / "calls").read_text().splitlines()
        return done

    return run


def locks_of(done):
    """Locks that a make installed."""
    return [word for call in done.calls if call.startswith("uv ") for word in call.split() if word.endswith(".lock")]


def ready(make):
    """Variants of the environment for which nothing is left to do."""
    return {variant for variant, words in MARKS.items() if make("--question", "env", *words).returncode == 0}


@pytest.mark.parametrize(
    ("variant", "contained"),
    [("", {""}), ("-gpu", {"", "-gpu"}), ("-jax", {"", "-jax"}), ("-jax-gpu", {"", "-gpu", "-jax", "-jax-gpu"})],
)
def test_an_environment_is_set_up_once_and_serves_all_that_need_less(make, variant, contained):
    assert ready(make) == set()
    assert locks_of(make("env", *MARKS[variant])) == [f"envs/requirements{variant}.lock"]
    assert ready(make) == contained
    assert locks_of(make("env")) == []


def test_a_backend_added_later_stays_when_the_lock_without_it_changes(make, tmp_path):
    make("env")
    assert locks_of(make("env", "BACKEND=jax")) == ["envs/requirements-jax.lock"]
    os.utime(tmp_path / ".venv" / ".ready", (0, 0))
    done = make("env")
    assert locks_of(done) == ["envs/requirements.lock"]
    assert not [call for call in done.calls if "--clear" in call or "uninstall" in call or " sync" in call]
    assert ready(make) == {"", "-jax"}


@pytest.mark.parametrize("target", ["test", "test-fast", "lint", "bench"])
def test_tests_and_benchmarks_have_both_backends_and_leave_nothing_to_a_study(make, target):
    done = make("--dry-run", target)
    assert done.stdout.count("setup.sh") == 1
    assert "setup.sh .venv envs/requirements-jax.lock" in done.stdout
    assert "setup.sh .venv envs/requirements.lock" in make("--dry-run", "fig7").stdout


@pytest.mark.parametrize("backend", ["nonsense", "", "tensorflow jax", "%", "JAX"])
def test_another_backend_is_refused_by_name(make, backend):
    done = make("fig7", f"BACKEND={backend}")
    assert done.returncode == 2
    assert f"BACKEND is {backend}; allowed are tensorflow (the default) and jax" in done.stderr
    assert done.calls == []


def commands(done):
    """Calls of Snakemake, in whichever way."""
    return [call for call in done.calls if call.startswith("snakemake") or "why.py" in call]


@pytest.mark.parametrize("target", ["fig7", "real", "all", "report", "snakemake-report", "resume", "plan", "why"])
def test_every_run_of_a_study_is_given_the_backend(make, target):
    chosen = "--config training={backend: jax}"
    plain = commands(make(target, "CONFIG=a.yaml b.yaml"))
    assert plain
    assert not [call for call in plain if "--config " in call]
    assert plain == commands(make(target, "CONFIG=a.yaml b.yaml", "BACKEND=tensorflow"))
    told = commands(make(target, "CONFIG=a.yaml b.yaml", "BACKEND=jax"))
    assert all(chosen in call for call in told)
    assert [" ".join(call.replace(chosen, "").split()) for call in told] == plain


def test_numbers_on_the_pages_are_of_one_backend(make):
    done = make("numbers", "BACKEND=jax")
    assert done.returncode == 2
    assert "leave out BACKEND=jax" in done.stderr
    assert commands(done) == []


def test_an_option_on_the_command_line_leaves_the_others_of_its_section(make_study):
    """As `make` gives the backend: over the files, and key by key."""
    study = make_study("chosen")
    training = study.config["training"]
    assert training["epochs"] != 2
    assert training["patience"] == 3
    target = "results/tiny/training/nonmixed/alexnet/seed0/model.keras"
    (study.folder / "show.smk").write_text(
        'include: "Snakefile"\nprint("FOUND", STUDY.networks["alexnet"].training.canonical())\n'
        'print("ENVIRONMENT", NETWORK_ENVIRONMENT)\n'
    )
    for chosen, environment in (("epochs: 2", "cuffless.yaml"), ("epochs: 2, backend: jax", "cuffless-jax.yaml")):
        done = study("-n", "--snakefile", "show.smk", "--config", f"training={{{chosen}}}", "--", target)
        [found] = [yaml.safe_load(line[6:]) for line in done.stdout.splitlines() if line.startswith("FOUND ")]
        assert (found["epochs"], found["patience"]) == (2, 3)
        assert f"ENVIRONMENT ../../envs/{environment}" in done.stdout.splitlines()
