"""The comparisons that an arm asks for, as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cuffless.judgement.names import ALL, NETWORK

Side = tuple[str, str]
"""A method and a setting."""


@dataclass(frozen=True)
class Questions:
    """Comparisons between methods and settings."""

    baselines: tuple[str, ...]
    """Methods and settings against which skill is reported; of settings, only the earlier ones."""
    skilled: tuple[str, ...]
    """Settings whose skill is reported."""
    contrasts: Mapping[str, tuple[Side, Side]]
    """Paired tests, by name."""
    ks_pairs: tuple[tuple[str, str], ...]
    """Settings between which the paper's test compares each subject's windows."""
    boxed: tuple[str, ...]
    """Methods whose windows' errors are shown as boxes."""
    boxed_together: bool
    """Whether there are also boxes for the mean over networks and for all subjects together."""
    paper_settings: tuple[str, ...]
    """Settings in the order of the paper's table."""

    def boxes(self, errors) -> list:
        """Cells that are shown as boxes: at the main budget."""
        return [
            cell
            for cell in errors.sums
            if cell.method in self.boxed
            and cell.budget == errors.design.main_budget(cell.setting)
            and (self.boxed_together or cell.network != ALL)
        ]


def contrasts_with(methods: Iterable[str], settings: Iterable[str]) -> dict[str, tuple[Side, Side]]:
    """Contrasts of the network with methods, each within the same setting."""
    settings = tuple(settings)
    return {
        f"{setting} vs {method}".replace("_", " "): ((NETWORK, setting), (method, setting))
        for method in methods
        for setting in settings
    }
