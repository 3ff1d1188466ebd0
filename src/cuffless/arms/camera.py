"""Camera: networks trained on contact PPG are tested on pulse waves from videos, one subject left out at a time."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.arms.arm import Arm, Judged
from cuffless.arms.camera_words import summary_page, table2_note
from cuffless.config import EvaluationOptions, RppgTuningOptions
from cuffless.designs.folds import BEFORE, FIRST, RANDOM, SETTINGS, TUNED, settings_of, strategies_of
from cuffless.judgement import judge, names, read_table
from cuffless.judgement.compare import COMPARED, compare_methods
from cuffless.judgement.questions import Questions, contrasts_with
from cuffless.judgement.table.layout import Layout, Words


def questions_of(settings: Sequence[str]) -> Questions:
    """What is asked of settings, which are in the order of a plan's."""
    own = tuple(settings[2:])  # those that know windows of the test subject
    between = ((RANDOM, (FIRST,)),) if RANDOM in own else ()
    return Questions(
        baselines=(BEFORE, TUNED, names.OFFSET, *names.CALIBRATED, names.HEART_RATE, names.MEAN),
        skilled=tuple(settings),
        contrasts={
            **{
                f"{a} vs {b}": ((names.NETWORK, a), (names.NETWORK, b))
                for b, later in ((BEFORE, (TUNED, *own)), (TUNED, own), *between)
                for a in later
            },
            **contrasts_with([names.MEAN], (BEFORE, TUNED)),
            **contrasts_with((names.OFFSET, names.CALIBRATION_MEAN, names.HOLD_LAST), own),
        },
        ks_pairs=((TUNED, BEFORE), *((a, TUNED) for a in own), *((a, b) for b, (a,) in between)),
        boxed=(names.NETWORK, names.OFFSET, names.CALIBRATION_MEAN, names.MEAN),
        boxed_together=True,
        paper_settings=tuple(settings),
    )


QUESTIONS = questions_of(SETTINGS)


def design_of(plan: pd.DataFrame) -> Layout:
    """The windows of all folds, each with the subject that it leaves out.

    The population mean and the regression on pulse rate are fitted in each fold on its training subjects, without
    the validation and test subjects; the regression is left out if a window has no pulse rate. Calibration
    values and offsets are those of the windows that `first` and `random`, or `recordings`, add.
    """
    settings = settings_of(plan)
    plan = plan.sort_values(["fold", "order"], ignore_index=True).assign(number=lambda table: table["fold"])
    rates = np.isfinite(plan["hr"].to_numpy(float)).all()
    return Layout(
        name="",
        windows=plan,
        test={setting: plan[f"test_{setting}"].to_numpy(bool) for setting in settings},
        calibrating={(strategy, ""): plan[strategy].to_numpy(bool) for strategy in strategies_of(plan)},
        folds=[
            ((plan["subject"] == own).to_numpy(), plan[~plan["subject"].isin([own, val])])
            for own, val in plan[["subject", "val_subject"]].drop_duplicates().itertuples(index=False, name=None)
        ],
        words=Words("rPPG", "fine-tune", "rppg.tuning.learning_rate", "sample the folds again"),
        fitted=(names.MEAN, names.HEART_RATE) if rates else (names.MEAN,),
        fitted_for=settings,
    )


def judge_folds(
    plan: pd.DataFrame,
    audit: Mapping,
    predictions: pd.DataFrame | Iterable[pd.DataFrame],
    tuning: RppgTuningOptions,
    options: EvaluationOptions | None = None,
    *,
    reference: pd.DataFrame | None = None,
    unchanged: Mapping[str, float] | None = None,
) -> Judged:
    """Judge networks before and after fine-tuning, and methods without a network, on the same test windows.

    Parameters
    ----------
    plan : DataFrame
        As from `sample_folds`.
    audit : mapping
        As from `audit_folds`; its warnings go into Table 2 and the summary.
    predictions : DataFrame or iterable of DataFrame
        Of all networks and seeds, as the fine-tuning writes them.
    tuning : RppgTuningOptions
        Only for the texts: options with which the plan was sampled.
    options : EvaluationOptions, optional
    reference : DataFrame, optional
        The paper's findings, for the summary; see `summary_page`.
    unchanged : mapping of str to float, optional
        Share of each network's fits that left it as it was, for the summary.

    Raises
    ------
    PredictionError
        If there are no predictions, or a network and seed does not agree with the plan; see `runs`.
    """
    options = options or EvaluationOptions()
    tables = compare_methods([(design_of(plan), predictions)], questions_of(settings_of(plan)), options)
    subjects = tables["subject_boxes"]
    tables["subject_boxes"] = subjects.assign(improved=subjects["subject"].map(_improved(subjects)))
    tables["overall"] = tables["overall"].assign(note=table2_note(audit, tuning))
    page = summary_page(tables, audit, tuning, options, reference, unchanged)
    return Judged(tables, {"summary": page})


def _improved(subjects: pd.DataFrame) -> pd.Series:
    """Whether fine-tuning on other people lowered each subject's SBP error, in the mean over networks."""
    own = subjects[subjects[["network", "method", "pressure"]].eq([names.ALL, names.NETWORK, "SBP"]).all(axis=1)]
    maes = own.pivot_table(index="subject", columns="setting", values="mae")
    return maes[TUNED] < maes[BEFORE]


def _judge(files, params, resources: Path) -> Judged:
    options, limits = EvaluationOptions.model_validate_json(params.options), json.loads(params.limits)
    judged = judge_folds(
        pd.read_parquet(files.plan),
        json.loads(Path(files.audit).read_text()),
        map(pd.read_parquet, files.predictions),
        RppgTuningOptions.model_validate_json(params.tuning),
        options,
        reference=pd.read_csv(resources / "reference_rppg.csv"),
        unchanged={Path(run).parts[-3]: json.loads(Path(run).read_text())["fits_unchanged"] for run in files.runs},
    )
    return Judged(judged.tables, judged.texts, judge(read_table(files.predictions), options, limits=limits))


ARM = Arm("camera", (*COMPARED, "boxes", "overall"), _judge, QUESTIONS)
