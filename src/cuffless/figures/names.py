"""Printed names of networks, splits and sets; pages use them too, so matplotlib is not imported here."""

from cuffless.config import network_names
from cuffless.config.folds import fold_of
from cuffless.errors import shortened

NETWORKS = network_names(in_figures=True)
SPLITS = {"nonmixed": "non-mixed", "mixed": "mixed", "kfold": "k-fold"}
SUBSETS = {"train": "training", "val": "validation", "test": "test"}


def network_name(network: str) -> str:
    """Printed name of a network; a user's own keeps its name, shortened if need be."""
    return NETWORKS.get(network, shortened(network))


def split_name(split: str) -> str:
    """Printed name of a split, or of a fold of it."""
    name, fold = fold_of(split)
    return SPLITS.get(name, name) + (f", fold {fold}" if fold else "")
