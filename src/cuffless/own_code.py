"""A user's own code, named `module:function` in the configuration."""

import importlib
import re
import sys
from pathlib import Path

from cuffless.errors import describe_error, shortened

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_LONGEST = 200  # characters


def check_name(architecture: str) -> str:
    """Return the name of custom code if it is ``module:function``.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if len(architecture) > _LONGEST or not _NAME.fullmatch(architecture):
        raise ValueError(
            f"network {shortened(architecture)!r} is not module:function, e.g. my_network:build; the module lies "
            "in the working directory or on PYTHONPATH"
        )
    return architecture


def custom_function(architecture: str):
    """Import a user's function: one that builds a network, or an encoder.

    Parameters
    ----------
    architecture : str
        ``module:function``; the module lies in the working directory or on PYTHONPATH.

    Raises
    ------
    ValueError
        If it is not ``module:function``, or the module cannot be imported, fails during import or lacks the function.
    """
    module_name, function_name = check_name(architecture).split(":")
    here = str(Path.cwd())
    if here not in sys.path:  # when a workflow runs a script, the script's folder is there instead
        sys.path.append(here)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ValueError(
            f"network {architecture}: {error}; put {module_name.partition('.')[0]} into the working "
            "directory or on PYTHONPATH"
        ) from error
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # a module may do anything
        why = describe_error(error, 120)
        raise ValueError(f"network {architecture}: importing its module fails ({why}); correct it") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        held = getattr(module, "__file__", None) or module_name
        raise ValueError(f"network {architecture}: {held} has no function {function_name!r}")
    return function
