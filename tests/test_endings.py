"""How a run ends in the terminal: with our reason last, and without the engine's account of it."""

import logging
from types import SimpleNamespace

import pytest

from cuffless.endings import KEPT, Endings
from cuffless.joblog import error_in, logged

COMMAND = "RuleException:\nCalledProcessError in file \"training.smk\", line 33:\nCommand 'python x.py' "


def record(text, event="", **known):
    made = logging.LogRecord("engine", logging.INFO, "", 0, text, (), None)
    made.event = SimpleNamespace(name=event) if event else None
    for name, value in known.items():
        setattr(made, name, value)
    return made


def failure(log, rule_msg="Training: alexnet"):
    return record("Error in rule train_network", "JOB_ERROR", log=[log], rule_msg=rule_msg, rule_name="train_network")


@pytest.fixture
def job(tmp_path):
    """Path of the log of a job that failed with a message: message -> path."""

    def fail(message, name="job.log"):
        path = tmp_path / name
        with pytest.raises(SystemExit), logged(path):
            raise ValueError(message)
        return path

    return fail


@pytest.fixture
def endings():
    return Endings(logging.Formatter())


def test_log_of_a_job_ends_with_its_reason(job):
    assert error_in(job("b.csv has no column sbp;\nrename it")) == "b.csv has no column sbp;\nrename it"


def test_log_without_a_reason_gives_none(tmp_path):
    (tmp_path / "job.log").write_text("Traceback (most recent call last):\nnot an ERROR: at the start of a line\n")
    assert error_in(tmp_path / "job.log") == ""
    assert error_in(tmp_path / "absent.log") == ""


def test_a_job_that_gave_its_reason_is_not_explained_again_by_the_engine(endings, job):
    path = job("the server is silent")
    assert endings.format(record(COMMAND + "returned non-zero exit status 1.")) == ""
    assert endings.format(failure(path)) == ""
    for text in ("Complete log(s): /x.log", "WorkflowError:\nAt least one job did not complete successfully."):
        assert endings.format(record(text)) == ""
    assert endings.summary() == f"\n1 job failed, for this reason. {KEPT}"


def test_a_reason_that_other_lines_have_followed_is_repeated_at_the_end(endings, job):
    path = job("the server is silent")
    endings.format(failure(path))
    assert endings.format(record("Finished jobid: 3", "JOB_FINISHED")) == "Finished jobid: 3"
    assert endings.summary().startswith(f"\nERROR: the server is silent\nDetails: {path}\n\n1 job failed")


def test_of_many_failures_five_are_told(endings, job):
    for number in range(7):
        endings.format(failure(job(f"record {number} is damaged", f"{number}.log")))
    told = endings.summary()
    assert [f"record {number} is damaged" in told for number in range(7)] == [True] * 5 + [False] * 2
    assert "... and 2 more" in told
    assert told.endswith(f"7 jobs failed, for these reasons. {KEPT}")


@pytest.mark.parametrize(
    ("died", "told"),
    [("returned non-zero exit status 137.", "exit status 137"), ("died with <Signals.SIGKILL: 9>.", "SIGKILL")],
)
def test_a_killed_job_is_named_with_how_it_ended(endings, tmp_path, died, told):
    assert endings.format(record(COMMAND + died)) == ""
    said = endings.format(failure(tmp_path / "none.log"))
    assert said.startswith(f"ERROR: Training: alexnet: the job ended without a reason ({told})")
    assert str(tmp_path / "none.log") in said


def test_a_job_on_another_machine_is_told_here(job):
    endings = Endings(logging.Formatter(), local=False)
    assert endings.format(failure(job("no arterial pressure"))).startswith("ERROR: no arterial pressure\nDetails: ")


def test_what_the_engine_knows_of_a_silent_job_on_another_machine_is_kept(tmp_path):
    endings = Endings(logging.Formatter(), local=False)
    assert "Error in rule train_network" in endings.format(failure(tmp_path / "none.log"))


def test_a_refused_study_ends_with_the_message_alone(endings):
    message = endings.problem("study.yaml: splits.cap: 0 is too small")
    engine = f"InputFunctionException in rule x:\nError:\n  WorkflowError:\n    {message}\nTraceback:\n  File y"
    assert endings.format(record(engine)) == f"ERROR: {message}"


def test_warnings_of_a_run_that_goes_well_are_left_alone(endings):
    assert endings.format(record("Complete log(s): /x.log")) == "Complete log(s): /x.log"
    assert endings.summary() == ""


def test_nothing_follows_the_line_that_a_run_was_stopped(endings, capfd):
    endings.stop()
    assert capfd.readouterr().err == f"\nStopped. {KEPT}\n"
    assert endings.format(failure("none.log")) == ""
    assert endings.summary() == ""
    endings.stop()
    assert capfd.readouterr().err == ""
