"""Personalization: networks that learn from a subject's first or random windows are tested on its later ones."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.arms.arm import Arm, Judged
from cuffless.arms.personalization_words import summary_page, table1_note
from cuffless.config import STRATEGIES, EvaluationOptions, ProtocolOptions
from cuffless.judgement import names
from cuffless.judgement.compare import COMPARED, compare_methods
from cuffless.judgement.questions import Questions, contrasts_with
from cuffless.judgement.table.layout import Layout, Words, stored_tables
from cuffless.judgement.table.predictions import PredictionError

BEFORE, FIRST, RANDOM = SETTINGS = ("before", *STRATEGIES)
NAMES = ("subject", "record", "subset", "network", "protocol", "setting", "budget")
COLUMNS = (*NAMES, "start", "sbp_ref", "dbp_ref", "sbp", "dbp", "seed", "n_calibration")
QUESTIONS = Questions(
    baselines=(BEFORE, names.OFFSET, *names.CALIBRATED, names.HEART_RATE, names.MEAN),
    skilled=STRATEGIES,
    contrasts={
        "first vs before": ((names.NETWORK, FIRST), (names.NETWORK, BEFORE)),
        "random vs before": ((names.NETWORK, RANDOM), (names.NETWORK, BEFORE)),
        "first vs random": ((names.NETWORK, FIRST), (names.NETWORK, RANDOM)),
        **contrasts_with((names.OFFSET, names.CALIBRATION_MEAN, names.HOLD_LAST), STRATEGIES),
        "offset first vs before": ((names.OFFSET, FIRST), (names.NETWORK, BEFORE)),
    },
    ks_pairs=((RANDOM, BEFORE), (FIRST, BEFORE), (FIRST, RANDOM)),
    boxed=(names.NETWORK, names.OFFSET, names.CALIBRATION_MEAN),
    boxed_together=False,
    paper_settings=(BEFORE, RANDOM, FIRST),
)


@dataclass(frozen=True)
class Protocol:
    """What is judged of one protocol."""

    name: str
    options: ProtocolOptions
    plan: pd.DataFrame
    """One row per window of a drawn subject: ``number, subject, record, start, sbp, dbp, hr, elapsed, order, test,
    first_rank, random_rank``."""
    audit: Mapping
    """``warnings``: what leaked and was let pass."""
    training: pd.DataFrame
    """``sbp, dbp, hr`` of the windows that the networks were trained on."""
    predictions: pd.DataFrame | Iterable[pd.DataFrame]
    """Columns `COLUMNS`: all networks and seeds, in one table or in several that are taken one after the other."""
    shares: Mapping[str, float] = field(default_factory=dict)
    """Share of each network's weights that was trained, as far as it is known."""
    at_limit: Mapping[str, float] = field(default_factory=dict)
    """Share of each network's fits that ended at the most epochs, still improving perhaps."""


def design_of(protocol: Protocol) -> Layout:
    """The windows of a protocol, and which of them calibrate at each budget.

    Raises
    ------
    PredictionError
        If a window occurs twice in the plan, or a subject has no test or no calibration window.
    """
    options = protocol.options
    plan = protocol.plan.sort_values(["subject", "order"], ignore_index=True)
    if options.order != "time":  # without the order in time, the time since calibration is unknown
        plan = plan.assign(elapsed=np.nan)
    owner, _ = pd.factorize(plan["subject"])
    calibrating = {}
    for strategy in STRATEGIES:
        rank = plan[f"{strategy}_rank"].to_numpy()
        sizes = [options.budgets(int(n), strategy) for n in np.bincount(owner)]
        for budget in sizes[0]:
            size = np.array([of_subject[budget] for of_subject in sizes])
            calibrating[strategy, budget] = (rank >= 0) & (rank < size[owner])
    return Layout(
        name=protocol.name,
        windows=plan,
        test=dict.fromkeys(SETTINGS, plan["test"].to_numpy(bool)),
        calibrating=calibrating,
        folds=[(plan["test"].to_numpy(bool), protocol.training)],
        words=Words(
            f"protocol {protocol.name!r}",
            "personalize",
            "personalization.learning_rate",
            "sample the plan again, or raise personalization.min_windows",
        ),
        budget=options.budget,
        further={(FIRST, options.budget): "between"},
        fitted=(names.MEAN, names.HEART_RATE),
        fitted_for=(BEFORE,),
        drift=(FIRST, options.budget),
    )


def judge_protocols(
    protocols: Sequence[Protocol],
    options: EvaluationOptions | None = None,
    *,
    reference: pd.DataFrame | None = None,
) -> Judged:
    """Judge personalized networks, and methods without a network, on the same test windows.

    Parameters
    ----------
    protocols : sequence of Protocol
        The first is shown in Table 1.
    options : EvaluationOptions, optional
    reference : DataFrame, optional
        The paper's findings by its own test, for the summary; see `summary_page`.

    Raises
    ------
    PredictionError
        If there is no protocol, one has no predictions, or a network and seed does not agree with its plan.
    """
    options = options or EvaluationOptions()
    if not protocols:
        raise PredictionError("no protocol to judge; name at least one under personalization.named")
    given = [(design_of(protocol), protocol.predictions) for protocol in protocols]
    tables = compare_methods(given, QUESTIONS, options)
    tables["overall"] = tables["overall"].assign(note=table1_note(protocols[0]))
    return Judged(tables, {"summary": summary_page(protocols, tables, options, reference)})


def read_protocol_predictions(paths: Iterable[str | Path]) -> dict[str, list[Path]]:
    """Files of predictions, grouped by the protocol named in them.

    Parameters
    ----------
    paths : iterable of path
        Parquet files with the columns `COLUMNS`, each of one protocol.

    Returns
    -------
    dict of str to list of Path

    Raises
    ------
    PredictionError
        If a column is missing, or a file does not hold exactly one protocol.
    """
    import pyarrow.parquet as pq

    found: dict[str, list[Path]] = {}
    for path in map(Path, paths):
        missing = [column for column in COLUMNS if column not in pq.read_schema(path).names]
        if missing:
            raise PredictionError(f"{path}: no column {', '.join(missing)}; personalize the network again")
        held = pq.read_table(path, columns=["protocol"]).column(0).unique().to_pylist()
        if len(held) != 1:
            raise PredictionError(f"{path}: rows of {len(held)} protocols {held}; give each protocol its own file")
        found.setdefault(held[0], []).append(path)
    return found


def _run_facts(runs: Iterable[str | Path], fact: str) -> dict[str, dict[str, float]]:
    """A fact of the runs, by protocol and network (the last seed's): ``<protocol>/<network>/seed<k>/run.json``."""
    facts: dict[str, dict[str, float]] = {}
    for path in map(Path, runs):
        protocol, network = path.parts[-4:-2]
        facts.setdefault(protocol, {})[network] = json.loads(path.read_text(encoding="utf-8"))[fact]
    return facts


def _judge(files, params, resources: Path) -> Judged:
    predictions = read_protocol_predictions(files.predictions)
    shares, at_limit = _run_facts(files.runs, "trained_share"), _run_facts(files.runs, "fits_at_limit")
    protocols = [
        Protocol(
            name=name,
            options=ProtocolOptions.model_validate_json(protocol),
            plan=pd.read_parquet(plan),
            audit=json.loads(Path(audit).read_text()),
            training=pd.read_parquet(manifest, columns=["sbp", "dbp", "hr"], filters=[("subset", "==", "train")]),
            predictions=stored_tables(predictions.get(name, ()), COLUMNS, NAMES),
            shares=shares.get(name, {}),
            at_limit=at_limit.get(name, {}),
        )
        for name, protocol, plan, audit, manifest in zip(
            params.names, params.protocols, files.plans, files.audits, files.manifests, strict=True
        )
    ]
    reference = pd.read_csv(resources / "reference_significance.csv")
    return judge_protocols(protocols, EvaluationOptions.model_validate_json(params.options), reference=reference)


ARM = Arm("personalization", (*COMPARED, "drift", "overall"), _judge, QUESTIONS)
