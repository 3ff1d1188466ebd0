"""Inputs: does it matter how a signal is cropped, and whether a network is given derivatives?"""

import json
from pathlib import Path

import pandas as pd

from cuffless.arms.arm import Arm, Judged
from cuffless.config import EvaluationOptions, crop_named
from cuffless.identities import PEOPLE
from cuffless.judgement.factors import Factor, compare_factors, run_errors
from cuffless.windows import name_subjects, read_people

FACTORS = (
    Factor("beats vs time", "cropping", "beats", "time", within="derivatives"),
    Factor("derivatives vs signal", "derivatives", True, False, within="cropping"),
)
PAIR = ("length", "seed")
"""Runs of equal length and repeat are paired."""
_CALLED = {True: "derivatives", False: "signal"}


def run_of(path: str | Path) -> dict:
    """Keys of a run, from the path of its predictions: ``.../<crop>/<channels>/<network>/seed<k>/<file>``."""
    crop, channels, network, seed = Path(path).parts[-5:-1]
    cut = crop_named(crop)
    return {
        "network": network,
        "derivatives": channels == "derivatives",
        "cropping": cut.cropping,
        "length": cut.length,
        "seed": int(seed.removeprefix("seed")),
    }


def identity_of(quality: pd.DataFrame) -> str:
    """Identity of the study's subjects: the weakest among those that have windows.

    ``patient`` where people are named; ``run`` where runs of records stand for people; ``record`` where any record
    stands for its person.

    Parameters
    ----------
    quality : DataFrame
        Quality table of a crop: identity, windows_kept.
    """
    kept = quality.loc[quality["windows_kept"] > 0, "identity"]
    return "patient" if kept.isin(PEOPLE).all() else "run" if kept.isin([*PEOPLE, "run"]).all() else "record"


def compare_inputs(mae: pd.DataFrame, subjects: pd.DataFrame, options: EvaluationOptions) -> pd.DataFrame:
    """Compare croppings, and inputs with and without derivatives; see `compare_factors`."""
    return compare_factors(mae, subjects, FACTORS, options, pair=PAIR, named=_CALLED)


def _judge(files, params, resources: Path) -> Judged:
    quality = pd.concat([read_people(path) for path in files.quality], ignore_index=True)
    people = read_people(files.people) if files.people else None
    named = name_subjects(quality, people=people, **json.loads(params.naming))
    identity = identity_of(named.astype({"windows_kept": int}))
    runs = ((run_of(path), pd.read_parquet(path)) for path in files.predictions)
    mae, subjects = run_errors(runs, identity=identity)
    drawn = json.loads(Path(files.notes).read_text())
    mae = mae.assign(n_stretches=sum(drawn["windows"].values()), n_asked=drawn["asked"])
    tests = compare_inputs(mae, subjects, EvaluationOptions.model_validate_json(params.options))
    return Judged({"mae": mae, "tests": tests})


ARM = Arm("inputs", ("mae", "tests"), _judge)
