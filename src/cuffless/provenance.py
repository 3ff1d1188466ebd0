"""What a result depends on: the code behind it, by content, and the versions it ran with."""

import ast
import gc
import hashlib
from contextlib import contextmanager
from functools import cache
from pathlib import Path

PACKAGE = "cuffless"
# Options reach a stage resolved, as JSON; a changed default shows there and concerns only who reads it.
_EXCLUDED = (f"{PACKAGE}.config", f"{PACKAGE}.options", f"{PACKAGE}.architectures.options")
# Fields of a statement that hold statements: imports and docstrings are nowhere else.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def code_digest(
    script: str | Path, source: str | Path, extra: tuple[str, ...] = (), without: tuple[str, ...] = ()
) -> str:
    """Digest of a script and of the package's modules that it reaches.

    Comments, docstrings and layout do not count, nor do file times: only what the code does.

    Parameters
    ----------
    script : path
        Python file to start from.
    source : path
        Folder that holds the package.
    extra : tuple of str
        Further Python files, a user's own network for instance. Modules beside them that they import count too.
    without : tuple of str
        Modules that are reached but not used.

    Returns
    -------
    str
        12 hexadecimal digits.
    """
    source = Path(source)
    seen: dict[str, str] = {}
    queue = [name for file in (script, *extra) for name in _imports(Path(file))]
    while queue:
        name = queue.pop()
        path = _module_file(name, source)
        if name in seen or path is None or name.startswith(_EXCLUDED) or name in without:
            continue
        seen[name] = _read(path)[0]
        queue += _imports(path)
    own = [_read(Path(file))[0] for file in (script, *_with_neighbours(extra))]
    text = "\n".join(own + [f"{name} {seen[name]}" for name in sorted(seen)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _with_neighbours(files: tuple[str, ...]) -> list[Path]:
    """The files, and those in the same folder that they import, directly or not."""
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


@cache
def _read(path: Path) -> tuple[str, frozenset[str]]:
    """Fingerprint of a file and the modules that it imports anywhere."""
    try:
        return _understand(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        error.filename = str(path)
        raise


@cache
def _understand(text: str) -> tuple[str, frozenset[str]]:
    """What `_read` gives: each text is parsed once, for both, however many copies of a file there are."""
    names = set()
    with _collector_paused():
        tree = ast.parse(text)
        queue: list[ast.AST] = [tree]
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
        return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), frozenset(names)


@contextmanager
def _collector_paused():
    """Syntax trees are many objects without cycles: looking for cycles would take most of the time."""
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
    """Modules of the package that a file imports anywhere, the packages around them included."""
    names = _read(path)[1]
    own = {name for name in names if name.split(".")[0] == PACKAGE}
    return tuple(sorted(own | {name.rsplit(".", depth)[0] for name in own for depth in range(1, name.count(".") + 1)}))


@cache
def _module_file(name: str, source: Path) -> Path | None:
    base = source.joinpath(*name.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)
