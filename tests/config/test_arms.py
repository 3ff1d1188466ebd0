"""An arm runs if it is configured and its recordings are here."""

import pytest

from cuffless.config import StudyConfig
from cuffless.config.arms import ARMS, active_arms, dataset_of, people_in, people_of, skipped_arms, stamp

NETWORK = {"networks": {"alexnet": {}}, "study": {"networks": ["alexnet"]}}


def test_a_study_without_sections_has_the_splits_alone():
    assert active_arms(StudyConfig()) == ("splits",)
    assert skipped_arms(StudyConfig()) == {}


@pytest.mark.parametrize(("arm", "section"), [("personalization", "personalization"), ("camera", "rppg")])
def test_a_section_adds_its_arm(arm, section):
    assert active_arms(StudyConfig(**NETWORK, **{section: {}})) == ("splits", arm)
    assert arm in ARMS


def test_the_input_study_waits_for_its_recordings(tmp_path):
    folder = tmp_path / "hospital"
    datasets = {"cohort": {}, "hospital": {"records": {"source": "wfdb", "path": str(folder)}}}
    study = StudyConfig(**NETWORK, datasets=datasets, inputs={"dataset": "hospital", "networks": ["alexnet"]})
    assert dataset_of(study, "inputs") == "hospital"
    assert skipped_arms(study) == {
        "inputs": f"Figure 2 is skipped: its recordings belong in {folder}, which does not exist"
    }
    assert active_arms(study) == ("splits",)
    folder.mkdir()
    assert active_arms(study) == ("splits", "inputs")


def test_arms_of_one_study_can_be_about_simulated_and_real_people():
    datasets = {"ward": {"records": {"source": "wfdb", "path": "records"}}, "cohort": {}}
    study = StudyConfig(
        networks={"alexnet": {}},
        study={"dataset": "ward", "networks": ["alexnet"]},
        datasets=datasets,
        inputs={"dataset": "cohort", "networks": ["alexnet"]},
    )
    assert (people_in(study, "cohort"), people_in(study, "ward")) == ("simulated", "real")
    assert (people_of(study, "splits"), people_of(study, "inputs")) == ("real", "simulated")
    assert people_of(study, "camera") == "simulated"  # whom the simulator films
    assert stamp("ward", people_of(study, "splits")) == "ward: real people"
