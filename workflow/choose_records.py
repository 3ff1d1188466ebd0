"""Decide where the records of a study of real people come from, and print it: `make real`."""

import sys
from pathlib import Path

from cuffless.commands import exit_on_error
from cuffless.config import load_config
from cuffless.errors import CufflessError, printable
from cuffless.files import whole_file
from cuffless.records.folders import walk
from cuffless.records.sources.physionet import fetch_index

DATABASE = "challenge-2015/1.0.0"
REMEDY = "name a folder that holds a copy of the records: make real RECORDS=path/to/the/records"


def choose(config: Path, given: str) -> tuple[dict, str]:
    """Options of the records, and a message about them.

    Parameters
    ----------
    config : Path
        The study's configuration, whose own folder comes first if it holds records.
    given : str
        A folder named by the user; may be empty.

    Returns
    -------
    records : dict
        What is laid over ``records`` of the configuration.
    said : str

    Raises
    ------
    CufflessError
        If the folder holds no records, or PhysioNet cannot be reached.
    """
    study = load_config(config)
    options = study.datasets[study.study.dataset].records
    folder = given or options.path
    held = _headers(folder)
    if held:
        return {"source": "wfdb", "path": folder}, f"{held} WFDB headers in {folder}"
    if given:
        what = "holds no WFDB records (.hea)" if Path(given).is_dir() else "is not a folder"
        raise CufflessError(
            f"RECORDS={given}: this {what}; {REMEDY}, or leave RECORDS out to fetch them from PhysioNet"
        )
    # A machine without network should hear so at once; jobs that fetch have all the patience of the configuration.
    download = options.download
    patience = {"attempts": min(download.attempts, 2), "timeout_seconds": min(download.timeout_seconds, 20)}
    records = {"source": "physionet", "database": DATABASE, "path": ""}
    asked = options.model_copy(update={**records, "download": download.model_copy(update=patience)})
    begun = Path(download.cache, DATABASE, "checksums.sqlite").is_file()
    try:
        if not begun:  # after the start the jobs fetch what is missing, if anything
            fetch_index(asked)
    except CufflessError as error:
        raise CufflessError(
            f"the records are not in {folder}, and PhysioNet cannot be asked for them: {error}. Try again with a "
            f"network (what was fetched is kept), or {REMEDY}"
        ) from None
    return records, f"PhysioNet, {DATABASE}, fetched into {download.cache} and checked against SHA256SUMS.txt"


def _headers(folder: str) -> int:
    """WFDB headers below a folder; 0 if there is no such folder."""
    if not folder or not Path(folder).is_dir():
        return 0
    return sum(entry.name.endswith(".hea") for entry in walk(folder))


def main(arguments: list[str]) -> int:
    """Write the options that override the configuration: ``choose_records.py CONFIG OUTPUT [FOLDER]``."""
    import yaml

    config, output, *given = arguments
    try:
        records, said = choose(Path(config), "".join(given).strip())
    except CufflessError as error:
        print(printable(f"make real: {error}"), file=sys.stderr)
        return 1
    print(f"Records: {said}")
    with whole_file(Path(output)) as part:
        part.write_text(yaml.safe_dump({"records": records}))
    return 0


if __name__ == "__main__":
    with exit_on_error("make real"):
        sys.exit(main(sys.argv[1:]))
