"""Networks judged on rPPG, before and after fine-tuning, beside what needs no network."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cuffless.arms.camera import judge_folds
from cuffless.config import EvaluationOptions
from cuffless.config.rppg import RppgTuningOptions
from cuffless.designs.folds import SETTINGS, audit_folds, sample_folds, settings_of
from cuffless.judgement.paper_tables import TABLE2, read_reference, write_paper_table
from cuffless.judgement.table.predictions import PredictionError

QUICK = EvaluationOptions(bootstrap=400)


def judge_rppg(*given, **further):
    """Tables and summary of the folds, each an attribute."""
    found = judge_folds(*given, **further)
    return SimpleNamespace(**found.tables, **found.texts, judged=found)


def write_table2(overall, reference, csv, md, options=None):
    write_paper_table([overall], reference, csv, md, options, paper=TABLE2)


SECONDS = 6.0
SCALE = {"before": 2.0, "tuned": 1.0, "first": 0.5, "random": 0.25, "recordings": 0.5}


def make_index(subjects=8, windows=40):
    rng = np.random.default_rng(0)
    parts = []
    for k in range(subjects):
        n = windows + k
        part = pd.DataFrame(
            {"subject": f"v{k:03d}", "record": "r", "row": np.arange(n), "start": SECONDS * np.arange(n)}
        )
        hr = 70 + rng.normal(0, 8, n)
        part = part.assign(seconds=SECONDS, hr=hr, snr=3.0, sbp=80 + 0.5 * hr + 12 * np.sin(k), dbp=60 + 0.1 * hr)
        parts.append(part)
    return pd.concat(parts, ignore_index=True).assign(position=lambda table: np.arange(len(table)))


def by_subject(setting, part, rng):
    """Off by an amount of each subject's own, which each further setting lessens; fine-tuning hurts subject v002."""
    scale = 5.0 if (setting, part["subject"].iloc[0]) == ("tuned", "v002") else SCALE[setting]
    return scale * (4.0 + part["fold"].iloc[0]) * np.array([1.0, -0.5])


def predict(plan, networks=("alexnet", "lstm"), seeds=(0,), error=by_subject):
    """Rows as `contract_table` gives them; `error(setting, part, rng)` is prediction less reference."""
    tables = []
    for n, network in enumerate(networks):
        for seed in seeds:
            rng = np.random.default_rng([seed, n])
            for _, part in plan.groupby("fold"):
                for setting in settings_of(plan):
                    test = part[f"test_{setting}"]
                    rows = part if setting == "before" else part[test]
                    subset = np.where(test[rows.index], "test", "other")
                    rows = rows.rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"}).assign(setting=setting)
                    given = rows[["sbp_ref", "dbp_ref"]].to_numpy() + error(setting, part, rng)
                    rows = rows.assign(sbp=given[:, 0], dbp=given[:, 1], subset=subset, network=network, seed=seed)
                    tables.append(rows.assign(split="nonmixed"))
    columns = ["subject", "record", "start", "seconds", "subset", "sbp_ref", "dbp_ref", "sbp", "dbp", "hr"]
    return pd.concat(tables, ignore_index=True)[[*columns, "network", "split", "seed", "setting", "fold"]]


def study(tuning=RppgTuningOptions(), index=None, **given):
    index = make_index() if index is None else index
    design = sample_folds(index, tuning)
    return design.windows, audit_folds(design, tuning), predict(design.windows, **given), tuning


@pytest.fixture(scope="module")
def usual():
    parts = study()
    reference = pd.DataFrame({"finding": ["improved"], "count": [13], "of": [17]})
    return parts, judge_rppg(*parts, QUICK, reference=reference)


def cells(table, **wanted):
    for name, value in wanted.items():
        table = table[table[name] == value]
    return table


def one(table, **wanted):
    rows = cells(table, **wanted)
    assert len(rows) == 1
    return rows.iloc[0]


def test_mean_absolute_errors_are_those_of_the_test_windows(usual):
    (plan, _, predictions, _), tables = usual
    test = predictions[predictions["subset"] == "test"]
    error = (test["sbp"] - test["sbp_ref"]).abs()
    for setting in SETTINGS:
        rows = test["setting"] == setting
        for network in ("alexnet", "all"):
            own = error[rows & test["network"].isin(["alexnet", "lstm"] if network == "all" else [network])]
            wanted = {"network": network, "method": "network", "setting": setting, "pressure": "SBP"}
            found = one(tables.mae, average="pooled", **wanted)
            assert found["mae"] == pytest.approx(own.mean())
            assert found["n_windows"] == plan["test_before"].sum()
            macro = own.groupby(test["subject"]).mean().mean()
            assert one(tables.mae, average="subject", **wanted)["mae"] == pytest.approx(macro)
    assert set(tables.mae["n_subjects"]) == {8}


def test_the_mean_regressor_is_that_of_the_training_subjects(usual):
    (plan, *_), tables = usual
    errors = []
    for _, part in plan.groupby("fold"):
        own, val = part[["subject", "val_subject"]].iloc[0]
        mean = plan.loc[~plan["subject"].isin([own, val]), "sbp"].mean()
        errors.append((part.loc[part["test_before"], "sbp"] - mean).abs())
    found = cells(tables.mae, method="mean", pressure="SBP", average="pooled")
    assert found["setting"].tolist() == list(SETTINGS)
    assert np.allclose(found["mae"], pd.concat(errors).mean())
    assert (found["seeds"] == 0).all()


def test_calibration_values_come_from_the_windows_that_are_added(usual):
    (plan, *_), tables = usual
    test = plan[plan["test_before"]]
    for setting in ("first", "random"):
        taken = plan[plan[setting]].groupby("subject")["dbp"]
        for method, values in (
            ("calibration_mean", taken.mean()),
            ("hold_first", taken.first()),
            ("hold_last", taken.last()),
        ):
            found = one(tables.mae, method=method, setting=setting, pressure="DBP", average="pooled")
            assert found["mae"] == pytest.approx((test["dbp"] - test["subject"].map(values)).abs().mean())


def test_offset_correction_removes_a_constant_error(usual):
    _, tables = usual
    assert cells(tables.mae, method="offset")["mae"].max() < 1e-9
    assert set(cells(tables.mae, method="offset")["setting"]) == {"first", "random"}


def test_the_pulse_rate_explains_what_follows_it(usual):
    _, tables = usual
    rows = cells(tables.mae, pressure="DBP", average="pooled", setting="tuned").set_index("method")["mae"]
    assert rows["heart_rate"] < 0.1 * rows["mean"]


def test_without_pulse_rates_the_rest_is_judged():
    parts = study(index=make_index().assign(hr=np.nan))
    tables = judge_rppg(*parts, QUICK)
    assert "heart_rate" not in set(tables.mae["method"]) | set(tables.method_skill["baseline"])
    assert "heart rate only" not in tables.summary


def test_skill_is_the_share_of_the_baselines_error_that_goes(usual):
    _, tables = usual
    mae = tables.mae.set_index(["network", "method", "setting", "pressure", "average"])["mae"]
    for row in cells(tables.method_skill, network="lstm", method="network", pressure="SBP").itertuples():
        own = mae["lstm", "network", row.setting, "SBP", row.average]
        if row.baseline in SETTINGS:
            against = mae["lstm", "network", row.baseline, "SBP", row.average]
        elif row.baseline == "offset":
            assert np.isnan(row.skill)  # it makes no error
            continue
        else:
            against = mae["none", row.baseline, row.setting, "SBP", row.average]
        assert row.skill == pytest.approx(1 - own / against)
    of = cells(tables.method_skill, network="lstm", method="network").groupby("setting")["baseline"].agg(set)
    assert of["before"] == {"mean", "heart_rate"}
    assert of["tuned"] == {"before", "mean", "heart_rate"}
    assert of["first"] == {
        *("before", "tuned", "offset", "calibration_mean", "hold_first", "hold_last", "heart_rate", "mean")
    }


def test_subjects_that_fine_tuning_hurts_are_not_improved(usual):
    _, tables = usual
    improved = tables.subject_boxes.groupby("subject")["improved"].agg(["first", "nunique"])
    assert (improved["nunique"] == 1).all()
    assert improved.index[~improved["first"]].tolist() == ["v002"]
    assert "lowers the SBP error of 7 of 8 subjects (the mean over networks); in the paper 13 of 17." in tables.summary


def test_boxes_hold_the_quartiles_of_absolute_errors(usual):
    (_, _, predictions, _), tables = usual
    rows = predictions[(predictions["network"] == "lstm") & (predictions["setting"] == "first")]
    error = (rows["sbp"] - rows["sbp_ref"]).abs()
    box = {"network": "lstm", "method": "network", "setting": "first", "pressure": "SBP"}
    found = one(tables.boxes, **box)
    assert np.allclose(found[["q1", "median", "q3"]].astype(float), error.quantile([0.25, 0.5, 0.75]))
    assert found["n_windows"] == len(rows)
    own = error[rows["subject"] == "v004"]
    subject = one(tables.subject_boxes, **box, subject="v004", number=5)
    assert subject["median"] == pytest.approx(own.median())
    assert subject["low"] <= subject["q1"] <= subject["median"] <= subject["q3"] <= subject["high"]


def test_tests_pair_subjects_and_the_papers_stands_beside_them(usual):
    _, tables = usual
    row = one(tables.contrasts, comparison="first vs tuned", network="all", pressure="SBP")
    assert row["n_pairs"] == 8
    assert row["paired_p"] == pytest.approx(2 / 2**8)
    assert row["paired_p_holm"] == pytest.approx(4 / 2**8)
    assert np.isnan(row["ks_windows_p"])
    single = cells(tables.contrasts, comparison="first vs tuned", network="lstm")
    assert (single["family"] == 4).all()
    assert single["ks_windows_significant"].all()
    first = one(tables.contrasts, comparison="first vs random", network="lstm", pressure="SBP")
    per_subject = 0.25 * (4 + np.arange(1, 9))
    assert first["difference"] == pytest.approx(per_subject.mean())
    assert (first["a"], first["b"]) == ("network first", "network random")


def test_few_subjects_get_neither_interval_nor_test():
    tables = judge_rppg(*study(index=make_index(subjects=4)), QUICK)
    assert tables.mae["lower"].isna().all()
    assert set(tables.contrasts["pairing"]) == {"too few subjects"}
    assert "too few subjects for a test" in tables.summary


def test_fits_that_changed_nothing_are_told():
    said = judge_rppg(*study(), QUICK, unchanged={"lstm": 0.25, "alexnet": 0.0}).summary
    assert "left the network as it was, since no epoch was better on the validation subject: LSTM 25%." in said


def test_errors_are_averaged_over_seeds():
    def noisy(setting, part, rng):
        return rng.normal(0, 5)

    plan, audit, predictions, tuning = study(seeds=(0, 1), error=noisy)
    tables = judge_rppg(plan, audit, [part for _, part in predictions.groupby(["seed", "network"])], tuning, QUICK)
    rows = cells(predictions, network="lstm", setting="tuned")
    found = one(tables.mae, network="lstm", setting="tuned", method="network", pressure="SBP", average="pooled")
    assert found["mae"] == pytest.approx((rows["sbp"] - rows["sbp_ref"]).abs().mean())
    assert found["seeds"] == 2
    assert "2 seeds" in tables.summary


def test_own_complement_judges_each_setting_on_its_windows():
    plan, audit, predictions, tuning = study(RppgTuningOptions(test="own_complement"))
    tables = judge_rppg(plan, audit, predictions, tuning, QUICK)
    windows = tables.mae.groupby("setting")["n_windows"].agg(["first", "nunique"])
    assert (windows["nunique"] == 1).all()
    assert windows["first"].to_dict() == {setting: plan[f"test_{setting}"].sum() for setting in SETTINGS}
    skill = one(
        tables.method_skill,
        network="all",
        method="network",
        setting="random",
        baseline="before",
        pressure="SBP",
        average="pooled",
    )
    assert skill["skill"] == pytest.approx(1 - 0.25 / 2)
    assert f"test windows: {len(plan)} before, {len(plan)} tuned" in tables.summary


def test_table_2_lays_the_papers_results_beside_ours(usual, project, tmp_path):
    _, tables = usual
    reference = read_reference(project / "resources" / "reference_results.csv")
    write_table2(tables.overall, reference, tmp_path / "table2.csv", tmp_path / "table2.md", QUICK)
    table = pd.read_csv(tmp_path / "table2.csv")
    paper = one(table, pressure="SBP", setting="tuned", network="alexnet", average="pooled")
    assert paper["paper"] == 14.0
    assert paper["mae"] == pytest.approx(
        one(tables.mae, network="alexnet", method="network", setting="tuned", pressure="SBP", average="pooled")["mae"]
    )
    assert cells(table, setting="random")["paper"].isna().all()
    means = cells(table, network="mean", average="pooled", pressure="SBP")["mae"]
    assert len(means) == 4
    assert (means == means.iloc[0]).all()
    text = (tmp_path / "table2.md").read_text(encoding="utf-8")
    assert text.startswith("# Table 2. Mean absolute error in mmHg on rPPG")
    assert "| SBP | fine-tuned on other people |" in text
    assert text.count("a slip; they are left out") == 1


def test_warnings_reach_table_and_summary(project, tmp_path):
    tables = judge_rppg(*study(RppgTuningOptions(gap=0)), QUICK)
    assert tables.summary.splitlines()[2].startswith("**WARNING: ")
    reference = read_reference(project / "resources" / "reference_results.csv")
    write_table2(tables.overall, reference, tmp_path / "table2.csv", tmp_path / "table2.md")
    assert "WARNING: " in (tmp_path / "table2.md").read_text(encoding="utf-8")


def test_sentences_hold_for_a_loss_as_for_a_gain(usual):
    _, tables = usual
    assert "adding the test subject's first windows, the mean over networks: the MAE goes from" in tables.summary
    assert "Holm: lower)." in tables.summary
    worse = predict(usual[0][0], error=lambda setting, *_: 1 / SCALE[setting])
    tables = judge_rppg(*usual[0][:2], worse, usual[0][3], QUICK)
    line = next(line for line in tables.summary.splitlines() if line.startswith("- SBP, fine-tuning on other people"))
    assert "from 0.5 to 1.0 mmHg, a change of 0.5 [0.5, 0.5] mmHg (p = 0.016, Holm: higher)." in line
    assert "lowers the SBP error of 0 of 8 subjects" in tables.summary


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda table: table.drop(table.index[table["setting"] == "tuned"][0]),
            r"setting tuned: window subject v000, record r, start .* is missing \(1 of \d+ windows\)",
        ),
        (lambda table: pd.concat([table, table[-1:]]), r"setting random: window .* occurs twice; .*\(2 such rows\)"),
        (lambda table: table.assign(sbp_ref=table["sbp_ref"] + 1), "has a different reference"),
        (lambda table: table.assign(start=table["start"] + 1), "is not in the plan"),
        (lambda table: table.assign(dbp=np.nan), "has no finite prediction"),
        (
            lambda table: table.replace({"setting": {"first": "last"}}),
            r"setting last is not among the plan's \(before, tuned, first, random\)",
        ),
        (lambda table: table.assign(network="all"), "'all' is a reserved name; rename the network"),
        (lambda table: table[:0], "no predictions"),
    ],
)
def test_predictions_that_do_not_fit_the_plan_are_refused(usual, spoil, message):
    plan, audit, predictions, tuning = usual[0]
    with pytest.raises(PredictionError, match=message):
        judge_rppg(plan, audit, spoil(predictions[predictions["network"] == "lstm"]), tuning, QUICK)


def test_a_network_given_twice_is_refused(usual):
    plan, audit, predictions, tuning = usual[0]
    with pytest.raises(PredictionError, match="alexnet seed 0 is given twice"):
        judge_rppg(plan, audit, [predictions, predictions], tuning, QUICK)


def test_tables_are_written_by_name(usual, tmp_path):
    _, tables = usual
    names = {"mae", "method_skill", "contrasts", "subject_boxes", "subject_ks", "boxes", "overall"}
    tables.judged.write([*(tmp_path / f"{name}.csv" for name in names), tmp_path / "summary.md"])
    for name in names:
        assert len(pd.read_csv(tmp_path / f"{name}.csv")) > 0
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("# rPPG: what fine-tuning")


@pytest.fixture(scope="module")
def exercised():
    """Each subject's first half is before exercise and the rest after; one cuff value each, 9 mmHg apart."""
    index = make_index()
    after = index["row"] >= 15
    cuff = {"cuff": True, "condition": np.where(after, "after", "before"), "record": np.where(after, "r_after", "r")}
    level = 110.0 + 2 * index["subject"].str[1:].astype(int)
    index = index.assign(**cuff, sbp=level + 9 * after, dbp=70.0 + after, age=40.0, sex="f", bmi=23.0)
    parts = study(RppgTuningOptions(conditions=["before", "after"]), index=index)
    return parts, judge_rppg(*parts, QUICK)


def test_recordings_before_exercise_calibrate_those_after(exercised, project, tmp_path):
    (plan, audit, *_), tables = exercised
    assert audit["warnings"] == []
    network = cells(tables.mae, network="alexnet", method="network", average="pooled", pressure="SBP")
    assert network["setting"].tolist() == ["before", "tuned", "recordings"]
    assert (network["n_windows"] == plan["condition"].eq("after").sum()).all()
    for method in ("hold_first", "hold_last", "calibration_mean"):
        held = one(tables.mae, method=method, pressure="SBP", average="pooled")
        assert (held["setting"], held["mae"]) == ("recordings", pytest.approx(9))
    offset = one(tables.mae, network="alexnet", method="offset", pressure="DBP", average="pooled")
    assert (offset["setting"], offset["mae"]) == ("recordings", pytest.approx(0))
    asked = list(dict.fromkeys(tables.contrasts["comparison"]))
    assert asked == [
        *("tuned vs before", "recordings vs before", "recordings vs tuned", "before vs mean", "tuned vs mean"),
        *("recordings vs offset", "recordings vs calibration mean", "recordings vs hold last"),
    ]
    assert "adding the test subject's calibration recordings, the mean over networks: the MAE goes" in tables.summary
    assert "first" not in " ".join(line for line in tables.summary.splitlines() if line.startswith("- SBP"))
    reference = read_reference(project / "resources" / "reference_results.csv")
    write_table2(tables.overall, reference, tmp_path / "table2.csv", tmp_path / "table2.md", QUICK)
    text = (tmp_path / "table2.md").read_text(encoding="utf-8")
    assert "| SBP | the same and the subject's calibration recordings |" in text
    assert "16 of 16 recordings have one cuff value for all of their windows" in text
    assert "First and random" not in text


def test_windows_that_know_the_answer_are_warned_of_in_table_and_summary():
    index = make_index().assign(cuff=True, sbp=lambda table: 110.0 + table["subject"].str[1:].astype(int), dbp=70.0)
    parts = study(index=index)
    tables = judge_rppg(*parts, QUICK)
    assert cells(tables.mae, method="calibration_mean")["mae"].max() == 0
    assert "have the one cuff value of a test window's recording" in tables.summary
    assert "have the one cuff value of a test window's recording" in tables.overall["note"].iloc[0]
