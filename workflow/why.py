"""Report what would run again, and for which changed option: `make why`."""

import json
import re
import subprocess
import sys
from collections import Counter

from cuffless.commands import exit_on_error

PARAMS = re.compile(r"before: (.*) now: (.*)$")
DIGEST = re.compile(r"^[0-9a-f]{12}$")


def explain(before: str, now: str) -> list[str]:
    """Differences between the exclusive params of two runs, as Snakemake prints them.

    Parameters
    ----------
    before, now : str
        Comma-separated Python literals; options are JSON objects, code is a digest of 12 hexadecimal digits.

    Returns
    -------
    list of str
        ``key: old -> new`` for each changed option; ``code`` for a changed digest.
    """
    old, new = _literals(before), _literals(now)
    found = []
    objects = [[v for v in values if isinstance(v, dict)] for values in (old, new)]
    for a in objects[0]:
        b = max(objects[1], key=lambda other: len(a.keys() & other.keys()), default=None)
        if b is not None:
            found += _differences(a, b)
    plain = [[v for v in values if not isinstance(v, dict)] for values in (old, new)]
    if any(isinstance(v, str) and DIGEST.match(v) for v in plain[1]):
        found.append("code")
    rest = [[v for v in values if not (isinstance(v, str) and DIGEST.match(v))] for values in plain]
    if rest[0] or rest[1]:
        found.append(f"{', '.join(map(str, rest[0])) or 'nothing'} -> {', '.join(map(str, rest[1])) or 'nothing'}")
    return found


def _literals(text: str) -> list:
    values = []
    for literal in re.findall(r"'(?:[^'\\]|\\.)*'|[^,\s][^,]*", text.strip()):
        value = literal.strip().strip("'")
        if value in ("", "<nothing exclusive>"):
            continue
        try:
            values.append(json.loads(value))
        except ValueError:
            values.append(value)
    return values


def _differences(a: dict, b: dict, prefix: str = "") -> list[str]:
    found = []
    for key in sorted(a.keys() | b.keys()):
        old, new = a.get(key), b.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found += _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            found.append(f"{prefix}{key}: {old} -> {new}")
    return found


def main(arguments: list[str]) -> int:
    """Dry-run the study and print each rule that would run, how often, and why."""
    command = [sys.executable, "-m", "snakemake", "-n", "--cores", "1", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    output = done.stdout + done.stderr
    if done.returncode:
        print(output, file=sys.stderr)
        return done.returncode
    reasons: Counter = Counter()
    job = ""
    for line in output.splitlines():
        if heading := re.match(r"Job \d+: ([^:]+)", line):
            job = heading.group(1)
        elif line.strip().lower().startswith("reason:"):
            for reason in _reasons(line.split(":", 1)[1]):
                reasons[job, reason] += 1
    if not reasons:
        print("Nothing would run: every result is up to date.")
    for (job, reason), count in reasons.items():
        print(f"{job:32} x{count:<4} {reason}")
    return 0


def _reasons(text: str) -> list[str]:
    if changed := PARAMS.search(text):
        return [f"changed {item}" for item in explain(*changed.groups())] or ["changed params"]
    first = text.split(";")[0].split(":")[0].strip()
    return [{"Input files updated by another job": "follows from the above"}.get(first, first.lower())]


if __name__ == "__main__":
    with exit_on_error("make why"):
        sys.exit(main(sys.argv[1:]))
