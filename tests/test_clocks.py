"""What a test finds depends on no clock: on a busy machine everything takes as long as it takes."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(path for path in TESTS.rglob("*.py") if path != TESTS / "conftest.py")
GUARD_SECONDS = 600


@pytest.fixture(scope="module")
def trees():
    return {path.relative_to(TESTS).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def test_no_test_measures_time_or_sleeps(trees):
    """Not even through `time` under another name; `wait_until` in the conftest waits for what another process does."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and "time" in {getattr(node, "module", None), *(alias.name for alias in node.names)}
    ]
    assert found == []


def test_limits_only_end_what_hangs(trees):
    """But for `concurrent.futures.wait`, which shows that something has *not* ended: that no busy machine refutes."""
    found = [
        f"{name}:{call.lineno}"
        for name, tree in trees.items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") != "wait"
        for keyword in call.keywords
        if keyword.arg == "timeout" and getattr(keyword.value, "value", GUARD_SECONDS) < GUARD_SECONDS
    ]
    assert found == []
