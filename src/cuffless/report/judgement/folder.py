"""A judgement as a folder: one page, tidy tables, figures for print."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cuffless.config import EvaluationOptions, FigureOptions
from cuffless.figures.judgement.agreement import plot_agreement
from cuffless.figures.judgement.intervals import plot_intervals
from cuffless.figures.judgement.plots import plot_judged_bins, plot_skill
from cuffless.figures.style import save_figure
from cuffless.files import file_names, whole_file
from cuffless.judgement import Judgement
from cuffless.report.judgement.bands import shown_rows
from cuffless.report.judgement.page import write_judgement_page
from cuffless.report.tables import csv_text

PAGE = "judgement.html"


def write_judgement(
    judgement: Judgement,
    folder: Path,
    *,
    source: str,
    options: EvaluationOptions,
    limits: Mapping[str, tuple[float, float]] | None = None,
    title: str = "",
    about: str = "",
    command: str = "",
) -> Path:
    """Write tables, figures and the page of a judgement.

    Parameters
    ----------
    judgement : Judgement
    folder : Path
        Gets ``judgement.html``, ``tables/*.csv`` and ``figures/*.pdf`` and ``.png``.
    source : str
        Names of the tables that were judged.
    options : EvaluationOptions
    limits : mapping of str to (low, high), optional
    title : str
        Of the page.
    about : str
        Whose predictions they are, in a sentence.
    command : str
        What repeats it.

    Returns
    -------
    Path
        The page.
    """
    page = folder / PAGE
    with _older_objects_kept():
        for name, table in judgement.tables.items():
            with whole_file(folder / "tables" / f"{name}.csv") as part:
                part.write_text(csv_text(table), encoding="utf-8", newline="")
        _write_figures(judgement, folder / "figures")
        write_judgement_page(
            judgement,
            page,
            title=title or "Judgement of predictions",
            source=source,
            options=options,
            limits=limits,
            about=about,
            command=command,
        )
    return page


@contextmanager
def _older_objects_kept() -> Iterator[None]:
    """Do not look for garbage among modules and tables whenever a figure is drawn: it takes a tenth of the time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _write_figures(judgement: Judgement, folder: Path) -> None:
    looks = FigureOptions()
    pairs = judgement.skill[["case", "network"]].drop_duplicates().itertuples(index=False, name=None)
    files = file_names([*((case,) for case in dict.fromkeys(judgement.skill["case"])), *pairs])
    for case, skill in judgement.skill.groupby("case", sort=False):
        bins, *of_networks = (
            table[table["case"] == case]
            for table in (judgement.bins, judgement.subjects, judgement.agreement, judgement.traces)
        )
        if skill["skill"].notna().any():
            save_figure(plot_skill(skill, looks), folder / f"skill_{files[case,]}.pdf")
        save_figure(plot_judged_bins(bins, skill, looks), folder / f"bins_{files[case,]}.pdf")
        for network in dict.fromkeys(skill["network"]):
            of_subjects, limits, windows = (table[table["network"] == network] for table in of_networks)
            save_figure(
                plot_agreement(of_subjects, limits, windows, looks), folder / f"agreement_{files[case, network]}.pdf"
            )
            bands, risk = (shown_rows(table, case, network) for table in (judgement.interval_bins, judgement.risk))
            if (bands["network"] == network).any():
                save_figure(plot_intervals(bands, risk, looks), folder / f"intervals_{files[case, network]}.pdf")
