"""Architectures of networks, one per file: its options, its names, its size, and how it is built.

A file holds one subclass of `ArchitectureOptions`, with the option `architecture` that is the file's name, and the
functions ``build(inputs, options)`` and ``least_length(options)``. Everything else that lists architectures follows
from the files: the configuration, its documentation, printed names, and the sizes that `cuffless plan` gives.

The options are read wherever the configuration is, so a file imports Keras inside its functions only. One that defines
Keras layers has a function ``register_layers()`` that imports them.
"""

import importlib
from functools import cache
from types import ModuleType

from cuffless.architectures.options import ArchitectureOptions, IntervalOptions, NetworkOptions, TrainingOptions
from cuffless.plugins import modules_in

__all__ = [
    "ArchitectureOptions",
    "IntervalOptions",
    "NetworkOptions",
    "TrainingOptions",
    "architecture_module",
    "architectures",
    "register_layers",
]


@cache
def architectures() -> dict[str, type[ArchitectureOptions]]:
    """Options of all architectures by name, in the order in which they are listed."""
    modules = [importlib.import_module(f"{__name__}.{name}") for name in modules_in("architectures")]
    found = [
        defined
        for module in modules
        for defined in vars(module).values()
        if isinstance(defined, type) and issubclass(defined, ArchitectureOptions)
        if defined.__module__ == module.__name__ and "architecture" in defined.model_fields
    ]
    names = {options.model_fields["architecture"].default: options for options in found}
    return dict(sorted(names.items(), key=lambda item: (item[1].rank, item[0])))


def architecture_module(options: ArchitectureOptions) -> ModuleType:
    """The module that builds a network of these options: the one that declares them."""
    return importlib.import_module(type(options).__module__)


def register_layers() -> None:
    """Have Keras know the layers that architectures define, so that model files may name them."""
    for options in architectures().values():
        module = importlib.import_module(options.__module__)
        getattr(module, "register_layers", lambda: None)()
