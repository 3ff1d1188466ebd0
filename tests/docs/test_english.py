"""The texts that people read are in plain English: README, pages, docstrings and messages."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted([PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").glob("*.md")])
MODULES = sorted((PROJECT / "src" / "cuffless").rglob("*.py"))
RULES = sorted((PROJECT / "workflow" / "rules").glob("*.smk"))
SOURCES = [*MODULES, *RULES, *sorted((PROJECT / "src" / "cuffless" / "report" / "templates").glob("*.j2"))]
# Not "second": 30 frames a second is good English.
THINGS = "window|subject|network|record|recording|frame|reader|split|shard|setting|pressure|seed|run|beat|video|person|"
THINGS += "patient|stage|job|worker|test|study|session|fold|kind|method|row|line|set|number|pulse|file"
COUNTED = "row|file|line|value|column|number|panel|box|point|dot|entry|window|interval|picture|array|folder|job|table"
BANNED = {
    rf"\bone ({COUNTED}) an? ({THINGS})\b": 'per: "one row per window"',
    rf"\b(rows|files|frames|windows|minutes|seconds|hours|values|lines|beats) an? ({THINGS})\b(?! of)": "per",
    r"(?<!here\s)\bis no (?!longer|more|matter|other|better|doubt|worse|less|larger|smaller)": "is not a",
    r"(?<!here\s)\b(are|was|were) no (?=[a-z]+[.,;:)]|[a-z]+s\b)(?!longer|more|less)": "are not",
    r"\banew\b": "again, or a verb with re-",
    r"\bstands? once\b": "must be unique",
    r"\bin silence\b": "silently",
    r"\b(mend|mends|mended)\b": "fix",
    r"\bsee to\b(?! it)": "check",
    r"\bnever came\b": "was not found",
    r"\b(one|none|trace|file) of ours\b": "a cuffless ...",
    r"\blest\b": "so that ... not",
    r"\bclear word\b": "an error",
    r"\botherwise than\b|\bcall \w+( \w+)? otherwise\b": "rename",
    r"\bof a user's own\b": "a custom ...",
    r"\bwhat stands\b|\bstands? (beside|under|in|before|at|there)\b": "is",
    r"\bnobody's\b": "no",
    r"\b(is|was|are|were|be|been) (said|told)\b(?! apart| from)": "reported, given",
    r"\bSay --": "pass --",
}


def texts(path):
    """What a file tells its readers, with the line each text begins in."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        prose = re.sub(r"^```.*?^```|`[^`\n]*`", lambda m: "\n" * m.group().count("\n"), text, flags=re.S | re.M)
        return [(1, re.sub(r'"[^"\n]*"', "", prose) if path.name == "CONTRIBUTING.md" else prose)]
    if path.suffix == ".j2":
        return [(1, text)]
    if path.suffix == ".smk":
        return [(text[: m.start()].count("\n") + 1, m[1]) for m in re.finditer(r'message:\s*"([^"]*)"', text)]
    strings = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return [(node.lineno, node.value) for node in strings if isinstance(node.value, str)]


@pytest.mark.parametrize("path", [*PAGES, *SOURCES], ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_text_has_a_phrase_that_the_house_style_replaces(path):
    found = [
        f"{path.name}:{line + text[: match.start()].count(chr(10))}: {match.group()!r}: better {better}"
        for line, text in texts(path)
        for pattern, better in BANNED.items()
        for match in re.finditer(pattern.replace(" ", r"\s+"), text)
    ]
    assert found == []
