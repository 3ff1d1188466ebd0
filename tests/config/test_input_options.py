import pytest

from cuffless.config import ConfigError, read_config

DATASETS = {"cohort": {}, "cut": {"records": {"source": "ready", "path": "ready"}}}


def test_ready_made_windows_cannot_be_the_input_studys():
    with pytest.raises(ConfigError, match=r"inputs\.dataset: 'cut' has source ready.*choose a data set of recordings"):
        read_config({"datasets": DATASETS, "inputs": {"dataset": "cut"}})
    assert read_config({"datasets": DATASETS, "inputs": {"dataset": "cohort"}}).inputs.dataset == "cohort"
    assert read_config({"datasets": DATASETS, "study": {"dataset": "cut"}}).study.dataset == "cut"


def test_the_input_studys_windowing_needs_the_rule_beats():
    windowings = {"main": {}, "bare": {"rules": ["missing", "hr"]}}
    with pytest.raises(ConfigError, match=r"inputs\.windowing: 'bare' lacks the rule beats"):
        read_config({"windowings": windowings, "inputs": {"windowing": "bare"}})
    assert read_config({"windowings": windowings, "inputs": {}}).inputs.windowing == "main"
