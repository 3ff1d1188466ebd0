"""Pages that need nothing but themselves: templates filled, scripts and data inlined."""

import json
import math
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from cuffless import __version__
from cuffless.files import whole_file
from cuffless.report.wording import verdict_sign

TEMPLATES = Path(__file__).parent / "templates"


def write_page(template: str, path: str | Path, data: Mapping[str, Any] | None, **context: Any) -> None:
    """Fill a template and write the page, whole or not at all.

    Parameters
    ----------
    template : str
        Name of a file in `TEMPLATES`. All strings are escaped.
    path : str or Path
    data : mapping or None
        What the page's script reads: ``figures``, ``traces``, ``cases``. Numbers that are not finite become null. None:
        a page without scripts.
    **context
        Names that the template knows.

    Raises
    ------
    OSError
        If the page cannot be written.
    """
    scripts = {} if data is None else {"data": _embedded(data), "plotly": _plotly()}
    page = _environment().get_template(template).render(scripts=scripts, **context)
    with whole_file(path) as part:
        part.write_text(page, encoding="utf-8", newline="\n")


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of cuffless, Python and packages."""
    found = {"cuffless": __version__, "Python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def render_text(template: str, **context: Any) -> str:
    """Fill a template of plain text; nothing is escaped."""
    environment = _environment()
    environment.autoescape = False
    return environment.get_template(template).render(**context)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals["sign"] = verdict_sign
    return environment


def _plotly() -> Markup:
    """The plotting library, embedded so that pages work without a network connection."""
    from plotly.offline import get_plotlyjs

    source = get_plotlyjs()
    return Markup(source.replace("</script", "<\\/script"))  # would end the element that holds it


def _embedded(data: Mapping[str, Any]) -> Markup:
    """JSON that no string in it can break out of."""
    return htmlsafe_json_dumps(_plain(data), dumps=_compact)


def _compact(value: Any, **_: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
