"""Judging personalization: from plans and predictions to the tables that reports and figures show."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from cuffless.arms.personalization_summary import summary_page
from cuffless.config import STRATEGIES, EvaluationOptions
from cuffless.judgement.evidence.contrasts import contrast_table
from cuffless.judgement.measures.delays import delays, drift_table
from cuffless.judgement.measures.drift import drift_edges
from cuffless.judgement.measures.errors import mae_tables
from cuffless.judgement.measures.methods import ProtocolErrors, protocol_errors, table1_splits
from cuffless.judgement.measures.tables import ks_table, mae_table, skill_table, subject_table
from cuffless.judgement.table.predictions import PredictionError
from cuffless.judgement.table.protocols import Drawn, Protocol


@dataclass(frozen=True)
class PersonalizationTables:
    """Tidy tables of all protocols; see `mae_table`, `skill_table`, `contrast_table`, `subject_table`, `ks_table`,
    `drift_table` for their columns. `overall` are the rows of Table 1, `summary` is a page of Markdown.
    """

    mae: pd.DataFrame
    skill: pd.DataFrame
    tests: pd.DataFrame
    subjects: pd.DataFrame
    ks: pd.DataFrame
    drift: pd.DataFrame
    overall: pd.DataFrame
    summary: str


def judge_personalization(
    protocols: Sequence[Protocol],
    options: EvaluationOptions | None = None,
    *,
    reference: pd.DataFrame | None = None,
) -> PersonalizationTables:
    """Judge personalized networks beside what needs no network, on the same test windows.

    Parameters
    ----------
    protocols : sequence of Protocol
        The first is shown in Table 1.
    options : EvaluationOptions, optional
    reference : DataFrame, optional
        What the paper found with its own test, for the summary; see `summary_page`.

    Returns
    -------
    PersonalizationTables
        For `write_tables`.

    Raises
    ------
    PredictionError
        If there is no protocol, one has no predictions, or a network and seed does not agree with its plan.
    """
    options = options or EvaluationOptions()
    if not protocols:
        raise PredictionError("no protocol to judge; name at least one under personalization.named")
    edges = drift_edges([(delays(drawn), drawn.owner) for drawn in map(Drawn, protocols)])
    parts, overall = [], None
    for protocol in protocols:
        errors = protocol_errors(protocol)
        parts.append(
            {
                "mae": mae_table(errors, options),
                "skill": skill_table(errors, options),
                "tests": contrast_table(errors, options),
                "subjects": subject_table(errors),
                "ks": ks_table(errors, options),
                "drift": drift_table(errors, edges, options),
            }
        )
        overall = _overall(errors, protocol, options) if overall is None else overall
    tables = {name: _joined([part[name] for part in parts]) for name in parts[0]}
    summary = summary_page(protocols, tables["mae"], tables["tests"], tables["ks"], options, reference)
    return PersonalizationTables(**tables, overall=overall, summary=summary)


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _overall(errors: ProtocolErrors, protocol: Protocol, options: EvaluationOptions) -> pd.DataFrame:
    """Rows of Table 1, with a note on what calibrates and what leaked."""
    tables = [mae_tables(judged, options)[1] for judged in table1_splits(errors)]
    return pd.concat(tables, ignore_index=True).assign(note=table1_note(protocol))


def table1_note(protocol: Protocol) -> str:
    """What a reader of Table 1 must know of the personalized rows.

    Parameters
    ----------
    protocol : Protocol

    Returns
    -------
    str
    """
    own = protocol.options
    shares = {"first": own.share, "random": own.random_share or own.share}
    taken = f"{own.budget}" if len(set(shares.values())) == 1 else None
    taken = taken or " and ".join(f"{100 * shares[name]:g} % ({name})" for name in STRATEGIES)
    warned = "".join(f" WARNING: {text}." for text in protocol.audit.get("warnings", ()))
    return f"Personalization (protocol {protocol.name}) calibrates with {taken} of each subject's windows.{warned}"
