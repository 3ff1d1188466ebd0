import copy

import pytest

from cuffless.config import ConfigError, read_config

STUDY = {
    "datasets": {"cohort": {}, "stays": {"simulator": {"records": 3, "subjects": 40}, "records": {"shards": 2}}},
    "simulator": {"minutes": 6},
    "windowings": {"main": {}, "overlap50": {"overlap": 0.5}},
    "splits": {
        "named": {
            "nonmixed": {"kind": "nonmixed"},
            "record": {"kind": "record"},
            "mixed": {"kind": "mixed"},
            "overlap50": {"kind": "mixed", "windowing": "overlap50"},
        }
    },
}


def configured(**leakage):
    return read_config({**copy.deepcopy(STUDY), "leakage": leakage})


def test_without_the_section_nothing_is_asked_for():
    study = read_config(STUDY)
    assert "leakage" not in study.model_fields_set
    assert list(study.datasets) == ["cohort", "stays"]


def test_each_value_of_the_dial_is_a_data_set_that_differs_in_that_alone():
    study = configured(dataset="stays", confounding=[0, 0.5, 1, 2])
    names = study.leakage.dialled("stays", study.datasets["stays"].simulator.confounding)
    assert list(names.values()) == ["stays_confounding_0", "stays_confounding_0_5", "stays", "stays_confounding_2"]
    own = study.datasets["stays"]
    for value, name in names.items():
        dialled = study.datasets[name]
        assert dialled.simulator == own.simulator.model_copy(update={"confounding": value})
        assert dialled.records == own.records
    assert (own.simulator.records, own.simulator.minutes) == (3, 6)


def test_the_dial_turns_on_the_studys_data_set_where_none_is_named():
    study = configured(doses=["nonmixed", "mixed"], confounding=[0])
    assert study.datasets["cohort_confounding_0"].simulator.confounding == 0


def test_a_data_set_that_the_study_defines_itself_is_left_alone():
    config = copy.deepcopy(STUDY)
    config["datasets"]["stays_confounding_0"] = {"simulator": {"confounding": 0, "subjects": 7}}
    config["leakage"] = {"dataset": "stays", "confounding": [0]}
    assert read_config(config).datasets["stays_confounding_0"].simulator.subjects == 7


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ({"dataset": "mimic"}, "leakage.dataset: 'mimic' is not defined; defined are cohort, stays"),
        ({"dataset": "stays", "doses": ["nonmixed", "half"]}, "leakage.doses: 'half' is not defined"),
        ({"dataset": "stays", "doses": ["mixed"]}, "leakage.doses: ['mixed'] is not allowed"),
        ({"dataset": "stays", "doses": ["mixed", "mixed"]}, "values must be unique"),
        ({"dataset": "stays", "network": "vgg"}, "leakage.network: 'vgg' is not defined"),
        ({"dataset": "stays", "network": "mean"}, "leakage.network: 'mean' is always included as a baseline"),
        ({"dataset": "stays", "confounding": [3]}, "leakage.confounding.0: 3 is not allowed"),
        ({"dataset": "stays", "confounding": "high"}, "leakage.confounding: 'high' is not allowed"),
        ({"dataset": "stays", "dial": ["none"], "confounding": [0]}, "leakage.dial: 'none' is not defined"),
        ({"dataset": "stays", "dose": []}, "leakage.dose: unknown option; did you mean doses?"),
        ({}, "leakage.dataset: subjects of 'cohort' have one record each"),
    ],
)
def test_a_mistake_is_one_line_with_key_value_and_remedy(section, line):
    with pytest.raises(ConfigError) as caught:
        configured(**section)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert line in lines[1]


def test_only_the_simulator_has_the_dial():
    config = copy.deepcopy(STUDY)
    config["datasets"]["stays"] = {"records": {"source": "physionet"}}
    config["leakage"] = {"dataset": "stays"}
    assert read_config(config).leakage.confounding == ()
    config["leakage"]["confounding"] = [0]
    with pytest.raises(ConfigError, match=r"leakage.confounding: 'stays' has source physionet.*remove it"):
        read_config(config)


def test_the_default_study_tries_one_network_on_four_doses_and_four_values_of_the_dial(project):
    from cuffless.config import load_config

    study = load_config(project / "config.yaml")
    kinds = [study.splits.named[dose].kind for dose in study.leakage.doses]
    assert kinds == ["nonmixed", "record", "mixed", "mixed"]
    assert study.windowings[study.splits.named[study.leakage.doses[-1]].windowing].overlap == 0.5
    assert study.leakage.confounding == (0, 0.5, 1, 2)
    assert study.datasets[study.leakage.dataset].simulator.records > 1
    assert study.datasets[study.study.dataset].simulator.records == 1
