"""Names of pressures, methods and baselines, in the tables of a judgement and in print."""

from collections.abc import Collection

from cuffless.config import network_names

PRESSURES = ("SBP", "DBP")
"""Pressures that networks of this program predict."""
JUDGED_PRESSURES = (*PRESSURES, "MAP")
"""Pressures that a table may have, in the order of all tables; it may have one of them alone."""
AVERAGES = ("pooled", "subject")
"""Averages: every window counts the same, or every subject does."""
ALL, NONE = "all", "none"
"""Values of column network: the mean over networks, and no network."""
NETWORK, OFFSET = "network", "offset"
"""Methods: the network's own prediction, and that prediction plus its mean error on the calibration windows."""
MEAN = "mean"
"""The mean regressor as a network, and as a method: its prediction, the mean of its training labels."""
POPULATION_MEAN, POPULATION_MEDIAN = "population_mean", "population_median"
HEART_RATE, DEMOGRAPHICS, BODY, RATE_DEMOGRAPHICS = "heart_rate", "demographics", "body", "rate_demographics"
REGRESSIONS = {
    HEART_RATE: ("hr",),
    DEMOGRAPHICS: ("age", "sex"),
    BODY: ("age", "sex", "bmi"),
    RATE_DEMOGRAPHICS: ("hr", "age", "sex"),
}
"""Baselines that are a ridge regression on columns of a table."""
PULSE_SHAPE = "pulse_shape"
"""A predictor of this name (`architecture: encoder`) is also the baseline that knows the shape of the pulse alone."""
HOLD_FIRST, HOLD_LAST, CALIBRATION_MEAN = "hold_first", "hold_last", "calibration_mean"
CALIBRATED = (HOLD_FIRST, HOLD_LAST, CALIBRATION_MEAN)
"""Methods that use a subject's own calibration values without a network."""
KNOW_THE_SUBJECT = (*CALIBRATED, OFFSET)
"""Baselines that use a subject's own calibration values; the others are fitted on people in general."""
BASELINES = {
    POPULATION_MEAN: "population mean",
    POPULATION_MEDIAN: "population median",
    HEART_RATE: "heart rate only",
    DEMOGRAPHICS: "age and sex only",
    BODY: "age, sex and BMI only",
    RATE_DEMOGRAPHICS: "heart rate, age and sex only",
    PULSE_SHAPE: "pulse shape only",
    HOLD_FIRST: "first calibration value held",
    HOLD_LAST: "last calibration value held",
    CALIBRATION_MEAN: "calibration mean",
    OFFSET: "offset-corrected predictor",
}
"""Baselines that every predictor is judged against, in the order of the tables, with their printed names."""
_IN_SAMPLE = {POPULATION_MEAN: "in-sample mean", POPULATION_MEDIAN: "in-sample median"}
METHODS = {**BASELINES, MEAN: BASELINES[POPULATION_MEAN], OFFSET: "offset-corrected network", NETWORK: "network"}
"""Printed names of the methods of an arm."""
NETWORKS = network_names()
"""Printed names of networks, by their architecture."""


def training_name(network: str, seed: int, seeds: Collection[int]) -> str:
    """A network, with its seed where it was trained with several."""
    return f"{network} seed {seed}" if len(seeds) > 1 else network


def baseline_name(name: str, in_sample: bool = False) -> str:
    """Printed name of a baseline, which tells whether it is fitted on the test windows; unknown ones keep theirs."""
    printed = BASELINES.get(name, name)
    return _IN_SAMPLE.get(name, f"{printed} (in-sample)") if in_sample else printed
