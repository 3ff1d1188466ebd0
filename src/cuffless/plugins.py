"""What can be added from outside: a file in a folder of the package, or an installed package that says so."""

import pkgutil
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path


def modules_in(folder: str) -> tuple[str, ...]:
    """Names of the modules in a folder of the package, sorted; none is imported."""
    found = pkgutil.iter_modules([str(Path(__file__).parent / folder)])
    return tuple(sorted(module.name for module in found if not module.ispkg))


@cache
def _installed(group: str) -> dict[str, str]:
    return {found.name: found.value for found in entry_points(group=group)}


def resolve(group: str, name: str, known: tuple[str, ...]) -> str:
    """Write out the name of a plug-in that an installed package announces.

    Parameters
    ----------
    group : str
        Group of entry points: ``cuffless.networks``, ``cuffless.sources`` or ``cuffless.methods``.
    name : str
        As given in the configuration.
    known : tuple of str
        Names that come along, which no package replaces.

    Returns
    -------
    str
        ``module:object`` of the entry point of this name; `name` itself if it is known, or there is none.
    """
    return name if name in known or ":" in name else _installed(group).get(name, name)
