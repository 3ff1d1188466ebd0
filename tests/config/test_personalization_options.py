import pytest

from cuffless.config import ConfigError, ProtocolOptions, read_config


def protocols(**section):
    return read_config({"personalization": section}).personalization.named


def test_budgets_are_windows_or_shares_of_a_subjects_windows():
    budgets = ProtocolOptions().budgets(100, "first")
    assert budgets == {"1": 1, "2": 2, "5": 5, "10": 10, "5 %": 5, "10 %": 10, "20 %": 20}
    assert list(budgets)[-1] == ProtocolOptions().budget


def test_the_authors_code_lets_random_have_three_times_as_many_windows():
    code = ProtocolOptions(preset="code", leakage="warn")
    assert code.budgets(100, "first") == {"20 %": 20}
    assert code.budgets(100, "random") == {"20 %": 60}


def test_a_named_protocol_has_the_sections_options_its_preset_and_its_own():
    named = protocols(
        learning_rate=0.01, subjects=7, named={"main": {}, "code": {"preset": "code", "leakage": "warn", "epochs": 50}}
    )
    assert (named["main"].learning_rate, named["main"].subjects) == (0.01, 7)
    code = named["code"]
    assert (code.subjects, code.epochs) == (7, 50)
    assert (code.learning_rate, code.layers, code.order) == (0.003, "last7", "shuffled")  # the preset's


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"named": {"a": {"test_half": "alternate"}}}, "it requires leakage: warn"),
        ({"named": {"a": {"preset": "code"}}}, "it requires leakage: warn"),
        ({"named": {"a": {"split": "other"}}}, "'other' is not defined"),
        ({"min_windows": 20}, "0.2 x min_windows 20 = 4"),
        ({"budget_shares": [0.3]}, "exceeds share 0.2"),
        ({"budget_shares": [5]}, "give numbers of windows under budget_windows"),
        ({"layers": "head"}, "heads"),
        ({"test_halve": "last"}, "did you mean test_half"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(section, said):
    with pytest.raises(ConfigError, match=said):
        protocols(**section)


def test_without_a_network_to_fine_tune_there_is_no_personalization():
    with pytest.raises(ConfigError, match="contains no network that can be fine-tuned"):
        read_config({"study": {"networks": ["mean"]}, "networks": {"mean": {}}, "personalization": {}})


def test_options_of_training_are_no_options_of_drawing():
    main = ProtocolOptions()
    assert main.drawing() == ProtocolOptions(learning_rate=0.5, layers="all").drawing()
    assert main.tuning() == ProtocolOptions(gap=5, subjects=3).tuning()
    assert main.tuning() != ProtocolOptions(layers="all").tuning()
    assert main.drawing() != ProtocolOptions(gap=5).drawing()


def test_an_option_that_is_null_is_null_and_an_empty_section_takes_nothing_away():
    named = protocols(random_share=0.3, named={"main": {"random_share": None}})
    assert named["main"].random_share is None
    networks = {"lstm": {"training": {"patience": None}}, "resnet": None}
    study = read_config({"study": {"networks": ["lstm"]}, "training": {"patience": 3}, "networks": networks})
    assert study.networks["lstm"].training.patience is None
    assert study.networks["resnet"].training.patience == 3
    whole = read_config({})
    assert read_config(whole.model_dump(mode="json", exclude={"leakage"})).personalization == whole.personalization
