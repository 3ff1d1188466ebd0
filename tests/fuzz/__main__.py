"""Read damaged files of every kind: ``python -m tests.fuzz [--cases 300] [--seed 1] [--reader NAME ...]``.

A case ends in one of three ways. *Readable*: what is left is used. *Refused*: the message is one that a reader can use.
*Fault*: an error of the program's own, a traceback, a crash, over 20 s of the processor or 2 GB of memory.
``--case N`` reads a single case in this process and shows what it raises; ``--keep FOLDER`` keeps its files.
"""

import argparse
import collections
import importlib
import math
import sys
import tempfile
from pathlib import Path

from tests.fuzz.readers import READERS
from tests.fuzz.running import LAST_NET, corpus_of, run_cases, spoilt

ROW = "{:<22}{:>7}{:>10}{:>9}{:>12}{:>8}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=300, help="cases a reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reader", action="append", choices=READERS, help="only this one; repeat for more")
    parser.add_argument("--quick", action="store_true", help="only readers that take milliseconds a case")
    parser.add_argument("--case", type=int, help="read this case alone, unforked")
    parser.add_argument("--keep", type=Path, help="folder for the files of --case")
    parser.add_argument("--verbose", action="store_true", help="show every case")
    asked = parser.parse_args()
    quick = [name for name, reader in READERS.items() if not reader.tensorflow and reader.share == 1]
    names = asked.reader or (quick if asked.quick else list(READERS))
    if asked.case is not None:
        return _single(names[0], asked)
    import_libraries(names)
    print(ROW.format("reader", "cases", "readable", "refused", "by last net", "faults"), flush=True)
    total = collections.Counter()
    faults = []
    for name in names:
        corpus = corpus_of(name)
        whole = run_cases(name, corpus, [-k for k in range(1, len(corpus) + 1)], asked.seed)
        found = [f"{name}, whole: {one.done}: {one.said}" for one in whole if one.kind != "readable"]

        def show(outcome, name=name):
            if asked.verbose:
                print(f"{name} {outcome.case}: {outcome.kind}: {outcome.done} -> {outcome.said}", flush=True)

        outcomes = run_cases(name, corpus, list(range(math.ceil(READERS[name].share * asked.cases))), asked.seed, show)
        kinds = collections.Counter(one.kind for one in outcomes)
        kinds["cases"] = len(outcomes)
        kinds["net"] = sum(one.kind == "refused" and bool(LAST_NET.search(one.said)) for one in outcomes)
        row = (kinds["cases"], kinds["readable"], kinds["refused"], kinds["net"], kinds["fault"])
        print(ROW.format(name, *row), flush=True)
        total.update(kinds)
        found += [f"{name} {one.case}: {one.done}: {one.said}" for one in outcomes if one.kind == "fault"]
        print("".join(f"    {line}\n" for line in found), end="", flush=True)
        faults += found
    row = (total["cases"], total["readable"], total["refused"], total["net"], total["fault"])
    print(ROW.format("all", *row))
    print(f"seed {asked.seed}; {len(faults)} faults")
    return 1 if faults else 0


def import_libraries(names) -> None:
    """What the forks need, once."""
    libraries = ["cuffless.cli.inspection", "cuffless.cli.pulse", "cuffless.judgement", "cuffless.records.sources"]
    libraries += ["edfio", "h5py", "pyarrow.parquet", "scipy.io", "scipy.signal", "vitaldb", "wfdb", "zarr.codecs"]
    libraries += ["keras"] * any(READERS[name].tensorflow for name in names)
    for library in libraries:
        importlib.import_module(library)


def _single(name: str, asked) -> int:
    corpus = corpus_of(name)
    with tempfile.TemporaryDirectory() as made:
        unit = asked.keep or Path(made) / "unit"
        results = Path(made) / "results"
        for folder in (unit, results):
            folder.mkdir(parents=True)
        print(spoilt(name, corpus, asked.case, asked.seed, unit), flush=True)
        print(READERS[name].read(unit, results) or "readable")
    return 0


if __name__ == "__main__":
    sys.exit(main())
