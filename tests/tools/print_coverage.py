"""Print the share of lines that the tests ran in their own process: of each package, and of all.

Reads the JSON file that slipcover writes. What a workflow's jobs run in other processes is not in it."""

import json
import sys
from collections import defaultdict
from pathlib import PurePath


def shares(files):
    """Lines run and lines there are, by package: ``cuffless.records`` for ``src/cuffless/records/edf.py``."""
    counts = defaultdict(lambda: [0, 0])
    for name, lines in files.items():
        parts = PurePath(name).parts
        inside = parts[parts.index("cuffless") : -1]
        run, missed = (len(lines[key]) for key in ("executed_lines", "missing_lines"))
        for package in (".".join(inside[:2]), "all"):
            counts[package][0] += run
            counts[package][1] += run + missed
    return dict(counts)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        found = shares(json.load(file)["files"])
    everything = found.pop("all")
    print("Coverage:", ", ".join(f"{name} {run / lines:.0%}" for name, (run, lines) in sorted(found.items())))
    print(f"Coverage of all {everything[1]} lines: {everything[0] / everything[1]:.1%}")
