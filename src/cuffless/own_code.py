"""Custom code, named `module:function` in the configuration: networks, encoders, methods for pulse waves."""

import importlib
import importlib.util
import re
import sys
from pathlib import Path

from cuffless.errors import describe_error, shortened

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_LONGEST = 200  # characters


def check_name(name: str, what: str = "network", example: str = "my_network:build") -> str:
    """Return the name of custom code if it is ``module:function``.

    Parameters
    ----------
    name : str
    what, example : str
        What it is, for the message, and an example of such a name.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise ValueError(
            f"{what} {shortened(name)!r} is not module:function, e.g. {example}; the module lies "
            "in the working directory or on PYTHONPATH"
        )
    return name


def custom_function(name: str, what: str = "network", example: str = "my_network:build"):
    """Import a user's function: one that builds a network, an encoder, or a method for pulse waves.

    Parameters
    ----------
    name : str
        ``module:function``; the module lies in the working directory or on PYTHONPATH.
    what, example : str
        As for `check_name`.

    Raises
    ------
    ValueError
        If it is not ``module:function``, or the module cannot be imported, fails during import or lacks the function.
    """
    module_name, function_name = check_name(name, what, example).split(":")
    _look_here()
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        own = module_name.partition(".")[0]
        lacking = (error.name or own).partition(".")[0]
        remedy = f"put {own} into the working directory or on PYTHONPATH"
        if lacking != own:
            remedy = f"install {lacking}, or correct what {own} imports"
        raise ValueError(f"{what} {name}: {error}; {remedy}") from error
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # a module may do anything
        why = describe_error(error, 120)
        raise ValueError(f"{what} {name}: importing its module fails ({why}); correct it") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        held = getattr(module, "__file__", None) or module_name
        raise ValueError(f"{what} {name}: {held} has no function {function_name!r}")
    return function


def custom_file(name: str) -> Path | None:
    """File of the module that holds custom code, which is not imported; None if there is no such file of Python."""
    _look_here()
    try:
        spec = importlib.util.find_spec(name.partition(":")[0])
    except (ImportError, ValueError):
        return None
    found = Path(spec.origin) if spec and spec.origin else None
    return found if found and found.suffix == ".py" and found.is_file() else None


def _look_here() -> None:
    here = str(Path.cwd())
    if here not in sys.path:  # when a workflow runs a script, the script's folder is there instead
        sys.path.append(here)
