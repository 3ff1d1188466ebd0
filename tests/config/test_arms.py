"""An arm runs if it is configured and its recordings are here."""

import pytest

from cuffless.config import StudyConfig
from cuffless.config.arms import ARMS, active_arms, dataset_of, skipped_arms

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
