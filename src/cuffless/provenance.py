"""What a result depends on: digests of its code and files."""

import ast
import atexit
import gc
import hashlib
import json
import sys
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from cuffless.errors import CufflessError
from cuffless.files import whole_file

PACKAGE = "cuffless"
# Options reach a stage resolved, as JSON; a changed default shows there and concerns only who reads it.
_EXCLUDED = (f"{PACKAGE}.config", f"{PACKAGE}.options", f"{PACKAGE}.architectures.options")
# Fields of a statement that hold statements: imports and docstrings are nowhere else.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
# Results of `_parse` by the SHA-256 of a text: each is parsed once, even if there are copies of a file.
_PARSED: dict[str, tuple[str, list[str]]] = {}
_REMEMBERED: dict[str, tuple[str, list[str]]] = {}


def code_digest(
    script: str | Path, source: str | Path, extra: tuple[str, ...] = (), without: tuple[str, ...] = ()
) -> str:
    """Digest of a script and of all package modules that it imports, directly or not.

    Comments, docstrings, layout and file times do not count.

    Parameters
    ----------
    script : path
        Python file to start from.
    source : path
        Folder of the package.
    extra : tuple of str
        Further Python files, such as a custom network, including the modules beside them that they import.
    without : tuple of str
        Modules that are imported but not used.

    Returns
    -------
    str
        12 hexadecimal digits.
    """
    return _digest(script, Path(source), tuple(extra), tuple(without))


@cache
def _digest(script: str | Path, source: Path, extra: tuple[str, ...], without: tuple[str, ...]) -> str:
    """Result of `code_digest`, which most jobs of a rule ask for alike."""
    seen: dict[str, str] = {}
    queue = [name for file in (script, *extra) for name in _imports(Path(file))]
    while queue:
        name = queue.pop()
        path = _module_file(name, source)
        if name in seen or path is None or name.startswith(_EXCLUDED) or name in without:
            continue
        seen[name] = _read(path)[0]
        queue += _imports(path)
    own = [_read(Path(file))[0] for file in (script, *_add_neighbours(extra))]
    text = "\n".join(own + [f"{name} {seen[name]}" for name in sorted(seen)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _add_neighbours(files: tuple[str, ...]) -> list[Path]:
    """The files, and modules in the same folders that they import, directly or not."""
    queue, seen = [Path(file) for file in files], []
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.append(path)
        names = {name.split(".")[0] for name in _read(path)[1]}
        queue += [path.with_name(f"{name}.py") for name in names if path.with_name(f"{name}.py").is_file()]
    return sorted(seen)


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remember_code(path: str | Path) -> None:
    """Continue with what earlier runs found out about code, and keep it for later ones at the end of this one.

    Code is known by its text, so what is remembered is never out of date.

    Parameters
    ----------
    path : path
        File for it; without one, with a damaged one, or where none can be written, all code is parsed.
    """
    path = Path(path).absolute()  # the working directory may be another at the end
    by = f"{sys.version} {file_digest(__file__)}"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        _REMEMBERED.update(found["parsed"] if found["by"] == by else {})
    except (OSError, ValueError, LookupError, TypeError):
        pass

    @atexit.register
    def keep() -> None:
        if _PARSED.keys() - _REMEMBERED.keys():
            with suppress(OSError, CufflessError), whole_file(path) as part:
                part.write_text(json.dumps({"by": by, "parsed": _PARSED}), encoding="utf-8")


@cache
def _read(path: Path) -> tuple[str, list[str]]:
    """Digest of a file's code, and the modules that it imports anywhere."""
    text = path.read_text(encoding="utf-8")
    key = hashlib.sha256(text.encode()).hexdigest()
    try:
        if key not in _PARSED:
            _PARSED[key] = _REMEMBERED.get(key) or _parse(text)
    except SyntaxError as error:
        error.filename = str(path)
        raise
    return _PARSED[key]


def _parse(text: str) -> tuple[str, list[str]]:
    """Result of `_read` for a file's text."""
    names = set()
    with _pause_collector():
        tree = ast.parse(text)
        queue: list[Any] = [tree]
        while queue:
            node = queue.pop()
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
            if "body" in node._fields and isinstance(node.body, list):
                node.body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]
            for field in _BLOCKS:
                queue += getattr(node, field, ())
        return hashlib.sha256(_written_out(tree).encode()).hexdigest(), sorted(names)


def _written_out(tree: ast.AST) -> str:
    """The nodes of a syntax tree and their values in a fixed order, as `ast.dump` in half the time."""
    text: list[str] = []
    queue: list[Any] = [tree]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.AST):
            text.append(type(node).__name__)
            queue += [getattr(node, field, None) for field in node._fields]
        elif isinstance(node, list):
            text.append(str(len(node)))  # so that it is clear where the list ends
            queue += node
        else:
            text.append(repr(node))
    return " ".join(text)


@contextmanager
def _pause_collector():
    """Pause garbage collection: syntax trees have many objects but no cycles, and collection takes most of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _is_text(node) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """Package modules that a file imports anywhere, including their parent packages."""
    names = _read(path)[1]
    own = {name for name in names if name.split(".")[0] == PACKAGE}
    return tuple(sorted(own | {name.rsplit(".", depth)[0] for name in own for depth in range(1, name.count(".") + 1)}))


@cache
def _module_file(name: str, source: Path) -> Path | None:
    base = source.joinpath(*name.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)
