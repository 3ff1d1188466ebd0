"""What holds of the package's shape, whatever it computes."""

import ast

import pytest

STATISTICS = {"subject_interval", "smooth_interval", "positive_interval", "sign_flip_test", "holm_corrected"}
STATISTICS |= {"ks_test", "paired_t_test"}


def calls_of(path):
    """Names that a module calls."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.fixture
def package(project):
    return project / "src" / "cuffless"


def test_statistics_are_computed_by_the_judge_alone(package):
    callers = {name: set() for name in STATISTICS}
    for path in package.rglob("*.py"):
        for name in STATISTICS & set(calls_of(path)):
            callers[name].add(path.relative_to(package).parts[0])
    assert callers == {name: {"judgement"} for name in STATISTICS}
