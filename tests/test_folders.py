"""How the package is laid out: folders that can be overlooked, and modules that do not import each other in circles."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"
PACKAGES = sorted(path.parent.name for path in SOURCE.glob("cuffless/*/__init__.py"))
MOST_MODULES = 15
FOLDERS = sorted({path.parent for path in (SOURCE / "cuffless").rglob("*.py")})


def modules_of(folder):
    """Modules of a folder, without the package's own."""
    return [path for path in folder.glob("*.py") if path.stem != "__init__"]


@pytest.mark.parametrize("folder", FOLDERS, ids=[path.relative_to(SOURCE).as_posix() for path in FOLDERS])
def test_a_folder_holds_no_more_modules_than_can_be_overlooked(folder):
    assert len(modules_of(folder)) <= MOST_MODULES


def imports_of(path, modules):
    """Modules that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from {name if name in modules else node.module for name in names} & modules
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & modules


@pytest.mark.parametrize(
    "package",
    [
        path.name
        for path in sorted(SOURCE.joinpath("cuffless").iterdir())
        if path.is_dir() and path.name != "__pycache__"
    ],
)
def test_no_two_modules_import_each_other_directly_or_through_others(package):
    names = {".".join(path.relative_to(SOURCE).with_suffix("").parts): path for path in SOURCE.rglob("*.py")}
    modules = {name.removesuffix(".__init__"): path for name, path in names.items() if f".{package}." in name}
    graph = {name: list(imports_of(path, set(modules))) for name, path in modules.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert set(order) == set(modules)
