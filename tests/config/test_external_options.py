import pytest

from cuffless.config import ConfigError, load_config, read_config
from cuffless.config.arms import active_arms

STUDY = {
    "study": {"dataset": "ward", "networks": ["alexnet"]},
    "datasets": {"ward": {}, "lab": {}, "made": {"records": {"source": "ready", "path": "made"}}},
    "networks": {"alexnet": {}},
    "windowings": {"main": {}, "time": {"cropping": "time", "length": 5}},
    "splits": {
        "named": {
            "nonmixed": {"kind": "nonmixed"},
            "mixed": {"kind": "mixed"},
            "timed": {"kind": "nonmixed", "windowing": "time"},
        }
    },
}


def configured(external):
    return read_config({**STUDY, "external": external})


def test_without_the_section_no_network_is_tested_elsewhere():
    assert "external" not in active_arms(read_config(STUDY))
    assert "external" not in active_arms(configured({}))


def test_a_list_of_data_sets_is_enough():
    study = configured(["ward", "lab"])
    assert study.external == configured({"datasets": ["ward", "lab"]}).external
    assert active_arms(study) == ("splits", "external")


def test_every_data_set_is_tested_with_the_networks_of_all_others():
    pairs = configured({"datasets": ["ward", "lab", "made"], "split": "timed"}).external.pairs
    assert len(pairs) == 6
    assert ("ward", "lab") in pairs
    assert ("lab", "ward") in pairs
    assert not [pair for pair in pairs if pair[0] == pair[1]]


@pytest.mark.parametrize(
    ("section", "line"),
    [
        (["ward"], "external.datasets: 'ward' is named alone; name two or more"),
        (["ward", "ward"], "values must be unique"),
        (["ward", "home"], "external.datasets: 'home' is not defined; defined are ward, lab, made"),
        ({"datasets": ["ward", "lab"], "split": "halves"}, "external.split: 'halves' is not defined"),
        ({"datasets": ["ward", "lab"], "split": "mixed"}, "external.split: 'mixed' is of kind mixed, whose people are"),
        ({"datasets": ["ward", "lab"], "people": 0}, "external.people: 0 is not allowed"),
        ({"dataset": "ward"}, "external.dataset: unknown option; did you mean"),
        ("ward", "external: 'ward' is not allowed"),
        (["ward", "made"], "windows of 'made' were cut by others and all last equally long, those of 'ward' would be"),
    ],
)
def test_a_mistake_is_one_line_with_key_value_and_remedy(section, line):
    with pytest.raises(ConfigError) as caught:
        configured(section)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert line in lines[1]


def test_windows_cut_by_others_are_used_beside_those_cut_to_their_seconds():
    assert configured({"datasets": ["ward", "made"], "split": "timed"}).external.datasets == ("ward", "made")


def test_a_study_of_the_mean_regressor_alone_has_nothing_to_test():
    with pytest.raises(ConfigError, match="contains only the mean regressor"):
        read_config({**STUDY, "study": {"dataset": "ward", "networks": ["mean"]}, "external": ["ward", "lab"]})


def test_the_study_of_four_collections_cuts_all_windows_alike(project):
    study = load_config(project / "config" / "external.yaml")
    assert len(study.external.pairs) == 12
    records = [set(study.datasets[name].records.include) for name in ("monitor_a", "monitor_b")]
    assert not records[0] & records[1]
    assert (study.windows.cropping, study.windows.length) == ("time", 5)
