import pytest

from cuffless.config import ConfigError, RppgOptions, VideoSimulationOptions, load_config, read_config


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"source": "videos"}, "manifest: source videos needs the CSV that lists them"),
        ({"source": "ready"}, "path: source ready needs the HDF5 file"),
        ({"split": "other"}, "rppg.split: 'other' is not defined"),
        ({"snr_lengths": [5, 5]}, "values must be unique"),
        ({"tuning": {"share": 0.5}}, "less than 0.5"),
        ({"simulation": {"fps": 10}}, "greater than or equal to 17"),
        ({"rate_range": [180, 40]}, "rppg.rate_range: .* the lowest rate comes first"),
        ({"rate_range": [20, 180]}, "both within 30 and 220 bpm"),
        ({"roi_Hz": 1}, "did you mean roi_hz"),
        ({"tuning": {"conditions": ["before"]}}, "name two different conditions of the manifest"),
        ({"tuning": {"conditions": ["before", "Before "]}}, "name two different conditions of the manifest"),
        ({"tuning": {"conditions": ["before", "after"]}}, "only a manifest .source videos. tells conditions"),
        ({"method": "poss"}, "rppg.method: 'poss' is not allowed: choose pos, chrom, green, or module:function"),
        ({"method": "my method:run"}, "method 'my method:run' is not module:function, e.g. my_method:run"),
    ],
)
def test_what_cannot_be_is_told_with_its_key(section, said):
    with pytest.raises(ConfigError, match=said):
        read_config({"rppg": section})


def test_a_method_is_built_in_or_custom_or_announced_by_an_installed_package(monkeypatch):
    monkeypatch.setattr("cuffless.plugins._installed", lambda group: {"me": "a.b:me"} if "methods" in group else {})
    for given, found in (("chrom", "chrom"), ("my_method:run", "my_method:run"), ("me", "a.b:me")):
        assert read_config({"rppg": {"method": given}}).rppg.method == found


def test_a_study_of_the_mean_alone_has_nothing_to_fine_tune():
    with pytest.raises(ConfigError, match="remove the section rppg"):
        read_config({"study": {"networks": ["mean"]}, "networks": {"mean": {}}, "rppg": {}})


def test_options_are_handed_on_in_parts_so_that_a_change_repeats_only_its_part():
    options = RppgOptions()
    assert options.pulse() == RppgOptions(bp_within=30, roi_hz=2).pulse() != RppgOptions(method="chrom").pulse()
    assert options.gathering() == RppgOptions(roi_hz=2).gathering() != RppgOptions(bp_within=30).gathering()
    one = VideoSimulationOptions()
    assert one.filming() == VideoSimulationOptions(subjects=20).filming() != VideoSimulationOptions(seed=8).filming()


def test_the_paper_study_has_the_numbers_of_the_camera_branch(project):
    rppg = load_config(project / "config" / "paper.yaml").rppg
    assert (rppg.split, rppg.method, rppg.invert, rppg.bp_within) == ("nonmixed", "pos", True, 60)
    tuning = rppg.tuning
    assert (tuning.epochs, tuning.patience, tuning.share, tuning.gap, tuning.test) == (40, 5, 0.2, 1, "common")


def test_the_default_study_films_as_many_subjects_as_the_paper(project):
    simulation = load_config(project / "config.yaml").rppg.simulation
    assert simulation.subjects == 17
    assert simulation.minutes >= 6
