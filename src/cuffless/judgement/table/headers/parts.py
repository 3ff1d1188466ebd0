"""References in one file and predictions in another."""

import shlex
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cuffless.judgement.names import JUDGED_PRESSURES
from cuffless.judgement.table.headers.words import EITHER, PREDICTION, REFERENCE, Recognized, read_header
from cuffless.judgement.table.predictions import PredictionError


def refuse_parts(files: Sequence[tuple[Path, Recognized, pd.DataFrame]]) -> None:
    """Refuse files of which one has the references and another the predictions, with a command that joins them.

    Parameters
    ----------
    files : sequence of (Path, Recognized, DataFrame)
        Each file, its columns by their names here, and the file as it is.

    Raises
    ------
    PredictionError
    """
    sides = {role: file for file in reversed(files) if (role := _side(file[1]))}
    unsaid = [file for file in files if _side(file[1]) == EITHER]  # sbp and dbp
    if EITHER in sides and len(sides) == 2:
        [other] = set(sides) - {EITHER}
        sides[REFERENCE if other == PREDICTION else PREDICTION] = sides.pop(EITHER)
    elif len(unsaid) == len(files) == 2:
        named = {read_header(path.stem).role: (path, *rest) for path, *rest in reversed(unsaid)}
        sides = {REFERENCE: named.get(REFERENCE, unsaid[0]), PREDICTION: named.get(PREDICTION, unsaid[1])}
        if sides[REFERENCE] is sides[PREDICTION] or sides[REFERENCE][0] == sides[PREDICTION][0]:
            sides[REFERENCE] = next(file for file in unsaid if file[0] != sides[PREDICTION][0])
    if not {REFERENCE, PREDICTION} <= set(sides):
        return
    (truth, _, one), (said, _, other_rows) = sides[REFERENCE], sides[PREDICTION]
    shared = [str(name) for name in one if name in other_rows and _tells_windows_apart(str(name))]
    if shared:
        joined = f"a.merge(b, on={shared}, suffixes=('_true', '_pred'))"
    elif len(one) == len(other_rows):
        joined = "pandas.concat([a.add_suffix('_true'), b.add_suffix('_pred')], axis=1)"
    else:
        raise PredictionError(
            f"{truth.name} has references ({len(one):,} rows) and {said.name} predictions ({len(other_rows):,} rows), "
            "but no column that both have tells their windows apart; put both into one file"
        )
    code = f"import pandas; a, b = {_read(truth)}, {_read(said)}; {joined}.to_csv('joined.csv', index=False)"
    raise PredictionError(
        f"{truth.name} has references but no predictions, {said.name} predictions but no references; join them, check "
        f"the rows, and judge joined.csv: python -c {shlex.quote(code)}"
    )


def _side(recognized: Recognized) -> str:
    """The role of all pressures of a file; empty if it has both, or none."""
    if recognized.pressures:
        return ""
    used = {f"{pressure.lower()}{end}" for pressure in JUDGED_PRESSURES for end in ("", "_ref")}
    of_pressures = [theirs for name, theirs in recognized.columns.items() if name in used]
    roles = {header.role for header in (*recognized.headers, *map(read_header, of_pressures)) if header.role}
    return roles.pop() if len(roles) == 1 else ""


def _tells_windows_apart(name: str) -> bool:
    header = read_header(name)
    return not (name.startswith(("_", "Unnamed")) or header.pressure or header.role)


def _read(path: Path) -> str:
    kind = "parquet" if path.name.lower().endswith(".parquet") else "csv"
    return f"pandas.read_{kind}({str(path)!r})"
