"""Names of the folds of a split of kind `kfold`.

Each fold is a split of its own for all jobs, ``NAME.fold2``: it is sampled, audited and trained on like any other, and
keeps its networks. A split of the configuration has no dot in its name, so a fold never has the name of another split.
"""

import re
from collections.abc import Iterable, Mapping

from cuffless.config.stages import SplitOptions

_FOLD = re.compile(r"(\w+)\.fold(\d+)")


def fold_names(split: str, options: SplitOptions) -> list[str]:
    """Splits that networks are trained on: the folds of a `kfold` split, or the split itself."""
    return [f"{split}.fold{k}" for k in range(1, options.folds + 1)] if options.kind == "kfold" else [split]


def fold_of(name: str) -> tuple[str, int | None]:
    """The split that a fold belongs to, and its number from 1; None if the name is not that of a fold."""
    match = _FOLD.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, None)


def require_one_network(key: str, names: Iterable[str], splits: Mapping[str, SplitOptions]) -> None:
    """Refuse splits of kind `kfold` where the networks of a single split are needed.

    Parameters
    ----------
    key : str
        Option that names the splits.
    names : iterable of str
    splits : mapping of str to SplitOptions
        All splits of the study.

    Raises
    ------
    ValueError
        With the key, the value and the remedy.
    """
    for name in names:
        if splits[name].kind == "kfold":
            raise ValueError(
                f"{key}: {name!r} is of kind kfold and has a network for each fold, but one network is needed here; "
                "name a split of another kind, such as nonmixed"
            )
