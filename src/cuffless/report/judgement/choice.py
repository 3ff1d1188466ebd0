"""Cases and networks by number, as the pickers of a judgement's page hold them."""

from collections.abc import Iterator

import pandas as pd

from cuffless.judgement.names import MEAN
from cuffless.report.judgement import tables

SHARED_SUBJECT = "shared_subject"


class Choice:
    """What a page of a judgement can show.

    Attributes
    ----------
    cases, networks : dict of str to int
        Their numbers.
    pressures : list of str
        Those that were judged.
    leaked : dict of str to int
        Test subjects that were in training, by case.
    fitted : dict of str to str
        What a case's baselines are fitted on.
    of_case : dict of str to list of str
        The networks of each case.
    """

    def __init__(self, judgement):
        self.leaked = _leaked(judgement.leaks)
        # The page must not open with a case whose people were trained on.
        names = sorted(map(str, judgement.cases["case"]), key=lambda name: name in self.leaked)
        self.cases = {name: i for i, name in enumerate(names)}
        self.pressures = [str(name) for name in dict.fromkeys(judgement.merits["pressure"])]
        column = tables.fitted_column(judgement.cases)
        self.fitted = dict(zip(judgement.cases["case"].map(str), judgement.cases[column].map(str), strict=True))
        self.networks = {str(name): i for i, name in enumerate(dict.fromkeys(judgement.merits["network"]))}
        known = judgement.merits[["case", "network"]].drop_duplicates().itertuples(index=False, name=None)
        self.of_case: dict[str, list[str]] = {name: [] for name in self.cases}
        for case, network in known:
            self.of_case[case].append(network)
        for names in self.of_case.values():  # the mean regressor is not what readers look for
            names.sort(key=lambda name: name == MEAN)

    @property
    def pairs(self) -> list[list[int]]:
        """Numbers of each case's networks."""
        return [[self.networks[name] for name in names] for names in self.of_case.values()]

    def each(self) -> Iterator[tuple[str, str, str]]:
        """Yield case, network and the key of both."""
        for case, names in self.of_case.items():
            for name in names:
                yield case, name, f"{self.cases[case]}/{self.networks[name]}"


def _leaked(leaks: pd.DataFrame) -> dict[str, int]:
    """Cases whose test subjects are among the training subjects, and how many they are."""
    found = leaks[(leaks["kind"] == SHARED_SUBJECT) & (leaks["verdict"] == "found")]
    return {str(row.case): int(row.count) for row in found.itertuples(index=False)}
