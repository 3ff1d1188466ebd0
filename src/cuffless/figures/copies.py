"""Copies in `results/figures` and `results/tables`: always those of one study, and tables that tell whose they are."""

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

from cuffless.config import StudyConfig
from cuffless.config.arms import active_arms
from cuffless.figures.registry import all_figures, arm_stamp, figure_dataset, figures_of
from cuffless.files import whole_file

TABLES = {"table1": "splits", "table2": "camera", "personalization": "personalization", "camera": "camera"}
"""Tables of a study, and the arms that they belong to."""
LABELS = ["dataset", "people"]
"""Columns that a table has beside those of its data set's own."""
_ENDINGS = {"figures": ("pdf", "png"), "tables": ("csv", "md")}


def table_source(table: str, ending: str, dataset: str) -> str:
    """Where a table lies in the results of its data set, as CSV or in words (md)."""
    folder = f"{dataset}/judgement/{table}"
    own = "tables/mae.csv" if ending == "csv" else "summary.md"
    return f"{folder}.{ending}" if table.startswith("table") else f"{folder}/{own}"


def label_table(content: str, ending: str, stamp: str) -> str:
    """A table that tells whose it is.

    Parameters
    ----------
    content : str
        As CSV or Markdown.
    ending : {"csv", "md"}
    stamp : str
        As from `cuffless.figures.registry.arm_stamp`: ``cohort: simulated people``.

    Returns
    -------
    str
        The CSV with the columns `LABELS` at its end; the words with the stamp below their title.
    """
    if ending == "md":
        title, between, rest = content.partition("\n\n")
        return f"{title}\n\n{stamp}\n\n{rest}" if between else f"{stamp}\n\n{content}"
    dataset, _, people = stamp.partition(": ")
    written = io.StringIO()
    rows = csv.reader(io.StringIO(content, newline=""))
    labels = iter([LABELS])
    csv.writer(written, lineterminator="\n").writerows(row + next(labels, [dataset, people]) for row in rows)
    return written.getvalue()


def write_labelled(source: str | Path, copy: str | Path, stamp: str) -> None:
    """Copy a table, labelled (`label_table`)."""
    content = label_table(_read(source), Path(source).suffix[1:], stamp)
    with whole_file(copy) as part:
        part.write_bytes(content.encode())


def clear_copies(study: StudyConfig, results: str | Path = "results") -> list[str]:
    """Remove copies of figures and tables that show another data set than the study does.

    Parameters
    ----------
    study : StudyConfig
    results : path
        Folder of all results; copies are in its folders ``figures`` and ``tables``.

    Returns
    -------
    list of str
        What was done, a line for each data set; empty if there was nothing to do.

    Notes
    -----
    Only a file that equals a figure or table in the results of another data set is removed, so nothing is lost: the
    user's own files, and copies that were edited, stay. Where the study has the figure or table already, its own takes
    that place at once, in case Snakemake compares times only and takes the old copy for good.
    """
    results = Path(results)
    removed: dict[str, int] = {}
    for copy, own, stamp in _copies(study, results):
        dataset = _other_dataset(copy, own, results)
        if dataset is None:
            continue
        removed[dataset] = removed.get(dataset, 0) + 1
        copy.unlink()
        if stamp and own.is_file():
            _restore(own, copy, stamp)
    return [
        f"Removed from {results / 'figures'} and {results / 'tables'}: {count} of {dataset}'s files, as this study is "
        f"of {study.study.dataset}; {results / dataset} still has them"
        for dataset, count in removed.items()
    ]


def _copies(study: StudyConfig, results: Path) -> Iterator[tuple[Path, Path, str]]:
    """Each copy there is, where this study's own would come from, and its stamp, or none if the study has no such."""
    arms, shown = active_arms(study), set(figures_of(study))
    for name, figure in all_figures().items():
        dataset = figure_dataset(name, study)
        stamp = arm_stamp(figure.arm, study, dataset) if name in shown else ""
        for ending in _ENDINGS["figures"]:
            yield results / "figures" / f"{name}.{ending}", results / dataset / "figures" / f"{name}.{ending}", stamp
    for table, arm in TABLES.items():
        stamp = arm_stamp(arm, study, study.study.dataset) if arm in arms else ""
        for ending in _ENDINGS["tables"]:
            own = results / table_source(table, ending, study.study.dataset)
            yield results / "tables" / f"{table}.{ending}", own, stamp


def _other_dataset(copy: Path, own: Path, results: Path) -> str | None:
    """Data set whose figure or table a copy is; None if it is the study's own, or of unknown origin."""
    if not copy.is_file():
        return None
    mine, *parts = own.relative_to(results).parts
    inside = Path(*parts)
    if own.is_file() and _is_copy(copy, own, mine):
        return None
    others = sorted(folder for folder in results.iterdir() if folder.is_dir() and folder.name != mine)
    found = (folder.name for folder in others if (folder / inside).is_file())
    return next((name for name in found if _is_copy(copy, results / name / inside, name)), None)


def _is_copy(copy: Path, source: Path, dataset: str) -> bool:
    """Whether a file is a copy of a data set's figure, or of its table with its label or with none."""
    if copy.suffix[1:] in _ENDINGS["figures"]:
        return copy.stat().st_size == source.stat().st_size and copy.read_bytes() == source.read_bytes()
    content, original, ending = _read(copy), _read(source), copy.suffix[1:]
    stamp = _stamp_in(content, ending)
    return content == original or (stamp.startswith(f"{dataset}: ") and content == label_table(original, ending, stamp))


def _stamp_in(content: str, ending: str) -> str:
    """What a labelled table tells of itself; anything of another one."""
    if ending == "md":
        return content.partition("\n\n")[2].partition("\n\n")[0]
    last = content.rstrip("\n").rpartition("\n")[2]
    return ": ".join(next(csv.reader([last]), [""])[-len(LABELS) :])


def _restore(own: Path, copy: Path, stamp: str) -> None:
    if copy.suffix[1:] in _ENDINGS["tables"]:
        write_labelled(own, copy, stamp)
        return
    with whole_file(copy) as part:
        shutil.copyfile(own, part)


def _read(path: str | Path) -> str:
    return Path(path).read_bytes().decode(errors="replace")
