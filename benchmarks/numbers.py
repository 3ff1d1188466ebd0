"""The numbers that README and guide quote, over several seeds and two instruction sets.

``python -m benchmarks.numbers`` gathers what ``make numbers`` computed into ``resources/numbers.csv``, the one table
that the pages quote from, and writes the quoting parts of the pages. With ``--pages`` it only writes the pages. Parts
of the table that were not computed here stay: instruction sets may come from several machines.
"""

import argparse
import sys
from itertools import combinations
from pathlib import Path

import pandas as pd

from benchmarks.quoted import PAGES, filled
from cuffless.judgement.names import NETWORKS

PROJECT = Path(__file__).resolve().parents[1]
TABLE = PROJECT / "resources" / "numbers.csv"
FOLDER = PROJECT / "results" / "numbers"
DATASETS = {"cohort": "cohort", "real": "challenge"}
"""Data set of each study quoted."""
KEYS = ["study", "instructions", "part", "protocol", "setting", "method", "network", "pressure", "average", "figure"]
VALUES = ["seed", "value", "lower", "upper", "subjects", "windows"]
FLAGS = {"SSE41": "sse4_1", "AVX": "avx", "AVX2": "avx2", "AVX512_CORE": "avx512vl", "DEFAULT": ""}
"""Instruction sets as oneDNN calls them (``ONEDNN_MAX_CPU_ISA``), and the processor's flag for each."""
DECIMALS = 3  # of a mmHg: more than is quoted, few enough for a table that is read


def gather(folder: Path) -> pd.DataFrame:
    """Read the judgements of all studies and instruction sets.

    Parameters
    ----------
    folder : Path
        ``<instructions>/results/<data set>/judgement`` below it; a study that was not run is left out.

    Returns
    -------
    DataFrame
        The columns `KEYS` and `VALUES`. ``seed`` is -1 where absolute errors were averaged over the seeds.
    """
    parts = []
    for results in sorted(folder.glob("*/results")):
        for study, dataset in DATASETS.items():
            judgement = results / dataset / "judgement"
            if (judgement / "splits" / "tables" / "contrasts.csv").is_file():  # the last to be written
                found = [*_splits(judgement), *_personal(judgement), *_rppg(judgement)]
                if study == "cohort":
                    found += _doses(results / "stays" / "judgement")
                parts += [one.assign(study=study, instructions=results.parent.name) for one in found]
    if not parts:
        raise SystemExit(f"{folder}: no study has been evaluated; run `make numbers`")
    table = pd.concat(parts, ignore_index=True)
    table[["seed", "subjects", "windows"]] = table[["seed", "subjects", "windows"]].fillna(-1).astype(int)
    for name in KEYS:
        table[name] = table[name].fillna("") if name in table else ""
    table[["value", "lower", "upper"]] = table[["value", "lower", "upper"]].round(DECIMALS)
    _check_apart(table)
    return table[[*KEYS, *VALUES]].sort_values([*KEYS, "seed"], kind="stable", ignore_index=True)


def _check_apart(table: pd.DataFrame) -> None:
    """Refuse instruction sets that gave the same numbers: a processor that lacks one computes with the next lower."""
    trained = table[(table["figure"] == "mae") & (table["seed"] >= 0) & (table["network"] != "mean")]
    keys = [name for name in KEYS if name != "instructions"]
    values = trained.pivot_table(index=[*keys, "seed"], columns="instructions", values="value")
    for one, other in combinations(values, 2):
        both = values[[one, other]].dropna()
        if len(both) and both[one].equals(both[other].rename(one)):
            raise SystemExit(f"{one} and {other} gave the same numbers: to this processor they are one instruction set")


def check_instructions(wanted: list[str], cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """Refuse, before anything is trained, instruction sets that oneDNN or this processor does not know.

    Raises
    ------
    SystemExit
        One that the processor lacks is computed with the next lower, and would count for another.
    """
    if unknown := [name for name in wanted if name not in FLAGS]:
        raise SystemExit(f"INSTRUCTIONS={' '.join(unknown)}: known are {', '.join(FLAGS)}")
    flags = cpuinfo.read_text().split() if cpuinfo.is_file() else FLAGS.values()  # Linux alone tells
    if lacking := [name for name in wanted if FLAGS[name] and FLAGS[name] not in flags]:
        raise SystemExit(
            f"this processor lacks {', '.join(lacking)}: leave it out (make numbers INSTRUCTIONS=AVX2), and compute it "
            "on another machine; what the summary holds of other instruction sets stays"
        )


def read_summary(path: Path = TABLE) -> pd.DataFrame:
    """Read the summary; what does not apply is an empty text, or NaN in `VALUES`."""
    return pd.read_csv(path, dtype=dict.fromkeys(KEYS, str), keep_default_na=False, na_values=dict.fromkeys(VALUES, ""))


def update(folder: Path, path: Path) -> None:
    """Write what was computed into the summary; instruction sets, studies and parts that were not computed stay."""
    new, whole = gather(folder), ["study", "instructions", "part"]
    if path.is_file():
        old = read_summary(path)
        kept = ~pd.MultiIndex.from_frame(old[whole]).isin(pd.MultiIndex.from_frame(new[whole]))
        new = pd.concat([old[kept], new]).sort_values([*KEYS, "seed"], kind="stable", ignore_index=True)
    new.to_csv(path, index=False)


def _renamed(table: pd.DataFrame, part: str, figure: str, **names: str) -> pd.DataFrame:
    """A table's rows in the columns of the summary; names say which of its columns hold what."""
    given = {
        "subjects": "n_subjects",
        "windows": "n_windows",
        **{name: name for name in ("protocol", "setting", "method", "network", "pressure", "average", "seed")},
        **names,
    }
    chosen = {name: table[column] for name, column in given.items() if column in table}
    return pd.DataFrame({**chosen, "part": part, "figure": figure})


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def _splits(judgement: Path) -> list[pd.DataFrame]:
    """Errors of single trainings, errors averaged over the seeds, and skill."""
    each, overall, tests = (
        _read(judgement / "splits" / "tables" / f"{name}.csv") for name in ("seeds", "overall", "contrasts")
    )
    limits = {"lower": "lower", "upper": "upper"}
    skill = {"value": "skill", "lower": "skill_lower", "upper": "skill_upper"}
    tests = tests[tests["comparison"] == "network vs mean"]
    return [
        _renamed(each, "splits", "mae", setting="split", value="mae", **limits),
        _renamed(overall, "splits", "mae", setting="split", value="mae", **limits),
        _renamed(overall[overall["network"] != "mean"], "splits", "skill", setting="split", **skill),
        _renamed(
            tests, "splits", "p_holm", setting="split_a", network="network_a", subjects="n_pairs", value="paired_p_holm"
        ),
    ]


def _compared(folder: Path, part: str) -> list[pd.DataFrame]:
    """Errors of methods and differences between them, by subject, of the mean over networks and of what needs none."""
    mae, tests = (_read(folder / f"{name}.csv") for name in ("mae", "contrasts"))
    together = "all" if "all" in set(mae["network"]) else next(n for n in NETWORKS if n in set(mae["network"]))
    mae = mae[mae["network"].isin([together, "none"]) & (mae["average"] == "subject")]
    if "budget" in mae:
        main = mae.loc[mae["budget"].notna(), "budget"].iloc[:1]
        mae = mae[mae["budget"].isna() | mae["budget"].isin(main)]
    tests = tests[tests["network"] == together].rename(columns={"comparison": "setting"})
    limits = {"lower": "lower", "upper": "upper"}
    return [
        _renamed(mae, part, "mae", value="mae", **limits),
        _renamed(tests, part, "difference", subjects="n_pairs", value="difference", **limits),
    ]


def _personal(judgement: Path) -> list[pd.DataFrame]:
    folder = judgement / "personalization" / "tables"
    return _compared(folder, "personalization") if folder.is_dir() else []


def _rppg(judgement: Path) -> list[pd.DataFrame]:
    folder = judgement / "camera" / "tables"
    return _compared(folder, "rppg") if folder.is_dir() else []


def _doses(judgement: Path) -> list[pd.DataFrame]:
    path = judgement / "leakage" / "tables" / "dose.csv"
    if not path.is_file():
        return []
    dose = _read(path)
    limits = {"lower": "lower", "upper": "upper"}
    return [_renamed(dose[dose["average"] == "pooled"], "leakage", "mae", setting="dose", value="mae", **limits)]


def write_pages(table: pd.DataFrame, project: Path = PROJECT) -> list[Path]:
    """Write the quoting parts of the pages from the summary.

    Returns
    -------
    list of Path
        Pages that changed.
    """
    changed = []
    for name in PAGES:
        path = project / name
        text = path.read_text(encoding="utf-8")
        if (new := filled(text, table)) != text:
            path.write_text(new, encoding="utf-8")
            changed.append(path)
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Gather, write the summary and the pages."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.numbers", description=__doc__)
    parser.add_argument("--pages", action="store_true", help="only write the pages from resources/numbers.csv")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="results of `make numbers`")
    parser.add_argument("--check", nargs="+", metavar="SET", help="only see whether the processor has these")
    given = parser.parse_args(arguments)
    if given.check:
        check_instructions(given.check)
        return 0
    if not given.pages:
        update(given.folder, TABLE)
        print(f"Written: {TABLE.relative_to(PROJECT)}")
    table = read_summary()
    for path in write_pages(table):
        print(f"Written: {path.relative_to(PROJECT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
