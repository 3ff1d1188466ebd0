"""Run the benchmarks: ``python -m benchmarks [--quick] [NAME ...]``."""

import argparse
import sys
from collections.abc import Callable, Iterator

from benchmarks.copies import copies
from benchmarks.duplicates import duplicates
from benchmarks.extraction import extraction
from benchmarks.false_pulses import false_pulses
from benchmarks.feeding import feeding, fitting
from benchmarks.headers import headers_34938
from benchmarks.judging import judging
from benchmarks.memory import long_records
from benchmarks.pulses import pulses
from benchmarks.rate_sweep import rate_sweep
from benchmarks.rates import importing, materializing, predicting, simulating
from benchmarks.scale import dry_run_20000, materialize_million
from benchmarks.short_windows import short_windows
from benchmarks.study import default_study
from benchmarks.table import Measurement, broken, print_table, write_table
from benchmarks.training import full_size, training
from benchmarks.windowing import wfdb_to_store, windowing

BENCHMARKS: dict[str, Callable[..., Iterator[Measurement]]] = {
    benchmark.__name__: benchmark
    for benchmark in (
        windowing,
        wfdb_to_store,
        long_records,
        feeding,
        fitting,
        training,
        full_size,
        materializing,
        simulating,
        predicting,
        importing,
        pulses,
        short_windows,
        rate_sweep,
        extraction,
        false_pulses,
        judging,
        duplicates,
        copies,
        dry_run_20000,
        materialize_million,
        headers_34938,
        default_study,
    )
}
AT_SCALE = ("dry_run_20000", "materialize_million", "headers_34938")  # have a quick form


def main(arguments: list[str] | None = None) -> int:
    """Run benchmarks, write and print the table.

    Returns
    -------
    int
        1 if a limit is broken, else 0.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these, of {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="leave out the default study, take less of what is large")
    parser.add_argument("--output", default=None, help="CSV file; default results/benchmarks.csv, none with NAME")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    names = given.names or [name for name in BENCHMARKS if not (given.quick and name == "default_study")]
    output = given.output or (None if given.names else "results/benchmarks.csv")
    rows: list[Measurement] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows += BENCHMARKS[name](quick=True) if given.quick and name in AT_SCALE else BENCHMARKS[name]()
        if output:
            write_table(rows, output)  # after each: what is measured stays if a later one fails
    print_table(rows)
    for row in broken(rows):
        print(f"{row.name} is {row.cells()[1]} {row.unit}; the limit is {row.limit}", file=sys.stderr)
    return int(bool(broken(rows)))


if __name__ == "__main__":
    sys.exit(main())
