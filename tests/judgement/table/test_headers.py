"""Names of columns as people write them."""

import pytest

from cuffless.judgement.table.headers.opening import ALL_COLUMNS
from cuffless.judgement.table.headers.words import recognize


def columns(*found, given=None, without=()):
    return recognize(found, ALL_COLUMNS, given or {}, without).columns


@pytest.mark.parametrize(
    ("reference", "prediction"),
    [
        ("SBP_true", "SBP_pred"),
        ("y_true_sbp", "y_pred_sbp"),
        ("y_test_sbp", "yhat_sbp"),
        ("true_SBP", "sbp_hat"),
        ("ref_sys", "systolic_pred"),
        ("gt_sbp", "est_sbp"),
        ("GT_SBP", "SBP_est"),
        ("target_sbp", "sbp_output"),
        ("sbp_label", "sbp_estimated"),
        ("Actual Systolic BP", "Predicted Systolic Blood Pressure (mmHg)"),
        ("SBP reference [mmHg]", "SBP prediction [mmHg]"),
        ("TrueSBP", "PredSBP"),
        ("sbptrue", "sbppred"),
        ("ground_truth_sbp", "SBP.hat"),
        ("sbp", "sbp_pred"),
        ("SegSBP", "SBP_pred"),
        ("SBP (mmHg)", "Predicted SBP (mmHg)"),
        ("sbp_ref", "SBP"),
    ],
)
def test_reference_and_prediction_are_known_by_their_words(reference, prediction):
    for found in ((reference, prediction), (prediction, reference)):
        assert columns("subject", *found) == {"subject": "subject", "sbp_ref": reference, "sbp": prediction}


@pytest.mark.parametrize(
    ("pressure", "words"), [("dbp", ("DBP", "dia", "diastolic bp")), ("map", ("MAP", "mbp", "mean arterial pressure"))]
)
def test_all_pressures_have_their_words(pressure, words):
    for word in words:
        found = columns(f"{word}_true", f"{word}_pred")
        assert found == {f"{pressure}_ref": f"{word}_true", pressure: f"{word}_pred"}


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("subject", "patient_id SubjectID subject_uid pid caseid Participant subj_no Patient"),
        ("start", "timestamp start_time time_s t window_start"),
        ("seconds", "duration duration_s window_length_s"),
        ("window", "sample sample_id win_id SegmentID"),
        ("subset", "set Subset partition"),
        ("split", "data_split"),
        ("fold", "cv_fold Fold fold_idx kfold"),
        ("seed", "random_state random_seed"),
        ("network", "model model_name method algorithm"),
        ("sex", "gender Sex(M/F) male is_male"),
        ("age", "Age Age(year)"),
        ("hr", "HR(b/m) heart_rate HR_bpm PulseRate"),
        ("bmi", "BMI(kg/m^2) body_mass_index"),
        ("record", "record_name rec_id Recording"),
        ("skin_tone", "monk skin-tone"),
    ],
)
def test_other_columns_have_their_synonyms(name, theirs):
    for one in theirs.split():
        beside = () if name == "subject" else ("subject",)
        assert columns(*beside, one)[name] == one, one


UNKNOWN = "sbp_error sbp_std sbp_calibrated mean_sbp pred_true_sbp time_ms id index age_group heart hr_true ageing"
UNKNOWN += " end_time inner_fold testament trial weight"


@pytest.mark.parametrize("theirs", UNKNOWN.split())
def test_names_with_a_word_that_is_not_known_are_not_read(theirs):
    assert set(columns("subject", "sbp_ref", "sbp", theirs)) == {"subject", "sbp_ref", "sbp"}


@pytest.mark.parametrize(
    ("found", "doubtful"),
    [
        (("sbp", "sbp1"), {"sbp", "sbp_ref"}),
        (("sbp", "SBP value"), {"sbp", "sbp_ref"}),
        (("sbp_true", "sbp_ref_1", "sbp_pred"), {"sbp_ref"}),
        (("sbp_true", "sbp_gt", "sbp_pred"), {"sbp_ref"}),
        (("sbp_ref", "sbp", "sbp_pred"), {"sbp"}),
        (("sbp_true", "sbp_pred", "pred_sbp"), {"sbp"}),
        (("sbp_ref", "sbp", "sbp.1"), {"sbp"}),
        (("sbp_true", "sbp", "sbp2"), {"sbp"}),
        (("patient_id", "subject_id"), {"subject"}),
        (("timestamp", "start_time"), {"start"}),
        (("male", "gender"), {"sex"}),
    ],
)
def test_where_two_columns_fit_none_is_chosen(found, doubtful):
    for order in (found, found[::-1]):
        read = recognize(order, ALL_COLUMNS, {})
        assert set(read.doubts) == doubtful
        assert not doubtful & set(read.columns)


def test_what_the_user_says_comes_first():
    given = {"sbp": "sbp_pred"}
    assert columns("sbp_ref", "sbp", "sbp_pred", given=given) == {"sbp": "sbp_pred", "sbp_ref": "sbp_ref"}
    assert columns("sbp", "sbp1", given={"sbp": "sbp1"}) == {"sbp": "sbp1", "sbp_ref": "sbp"}
    assert "sex" not in columns("gender", without=["sex"])


def test_a_case_is_a_subject_or_the_record_of_one():
    assert columns("caseid") == {"subject": "caseid"}
    assert columns("caseid", "subjectid") == {"subject": "subjectid", "record": "caseid"}


def test_what_a_prediction_states_of_itself_is_told_from_the_spread_of_the_reference():
    names = ("sbp_true", "sbp_pred", "sbp_pred_std", "pred_sbp_lower", "pred_sbp_upper", "sbp_true_std", "sbp_std")
    read = columns(*names)
    assert read == {
        "sbp_ref": "sbp_true",
        "sbp": "sbp_pred",
        "sbp_lo": "pred_sbp_lower",
        "sbp_hi": "pred_sbp_upper",
        "sbp_sd": "sbp_pred_std",
    }
