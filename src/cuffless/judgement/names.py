"""What stands in the tables of a judgement: pressures, methods and baselines, by their names there and in print."""

from cuffless.config import network_names

PRESSURES = ("SBP", "DBP")
AVERAGES = ("pooled", "subject")
"""Every window counts the same, or every subject does."""
ALL, NONE = "all", "none"
"""In place of a network: the mean over networks, and no network."""
NETWORK, OFFSET = "network", "offset"
"""The network's own prediction, and that prediction plus its mean error on the calibration windows."""
MEAN = "mean"
"""The mean regressor among the networks, and as a method what it says: the mean of its training labels."""
POPULATION_MEAN, POPULATION_MEDIAN = "population_mean", "population_median"
HEART_RATE, DEMOGRAPHICS = "heart_rate", "demographics"
HOLD_FIRST, HOLD_LAST, CALIBRATION_MEAN = "hold_first", "hold_last", "calibration_mean"
CALIBRATED = (HOLD_FIRST, HOLD_LAST, CALIBRATION_MEAN)
"""What a subject's own calibration values say without a network."""
BASELINES = {
    POPULATION_MEAN: "population mean",
    POPULATION_MEDIAN: "population median",
    HEART_RATE: "heart rate only",
    DEMOGRAPHICS: "age and sex only",
    HOLD_FIRST: "first calibration value held",
    HOLD_LAST: "last calibration value held",
    CALIBRATION_MEAN: "calibration mean",
    OFFSET: "offset-corrected predictor",
}
"""What every predictor is judged against, in the order of the tables, and what it is called in print."""
METHODS = {**BASELINES, MEAN: BASELINES[POPULATION_MEAN], OFFSET: "offset-corrected network", NETWORK: "network"}
"""What the methods of an arm are called in print."""
NETWORKS = network_names()
"""What networks are called in print, by their architecture."""
