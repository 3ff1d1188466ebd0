"""Make the pictures of README and guide, and what their commands print: ``python -m docs.made [--needs]``."""

import argparse
from pathlib import Path

from docs.made.pictures import PROJECT, make_pictures, results_copied
from docs.made.printed import PAGES, results_used, rewritten


def main() -> None:
    """Make everything, or with ``--needs`` list the results that it is made from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--needs", action="store_true", help="list the files of the default study that are needed")
    if parser.parse_args().needs:
        print("\n".join([*results_copied(), *results_used(PROJECT)]))
        return
    results = Path("results")
    for path in make_pictures(results):
        print(f"{path.relative_to(PROJECT)}: {path.stat().st_size / 1000:.0f} kB")
    for name in PAGES:
        page = PROJECT / name
        page.write_text(rewritten(page.read_text(encoding="utf-8"), results), encoding="utf-8")
        print(f"{name}: what commands print is written")


if __name__ == "__main__":
    main()
