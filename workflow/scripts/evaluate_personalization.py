"""Judge personalized networks beside baselines, on the same test windows: tables and a summary."""

import json
from pathlib import Path

import pandas as pd

from cuffless.arms.personalization import judge_personalization
from cuffless.arms.splits import write_tables
from cuffless.config import EvaluationOptions, ProtocolOptions
from cuffless.joblog import logged
from cuffless.judgement.table.protocols import Protocol, read_protocol_predictions, run_facts, stored_tables

with logged(snakemake.log[0]):
    given, options = snakemake.input, snakemake.params
    predictions = read_protocol_predictions(given.predictions)
    shares, at_limit = run_facts(given.runs, "trained_share"), run_facts(given.runs, "fits_at_limit")
    protocols = [
        Protocol(
            name=name,
            options=ProtocolOptions.model_validate_json(protocol),
            plan=pd.read_parquet(plan),
            audit=json.loads(Path(audit).read_text()),
            training=pd.read_parquet(manifest, columns=["sbp", "dbp", "hr"], filters=[("subset", "==", "train")]),
            predictions=stored_tables(predictions.get(name, ())),
            shares=shares.get(name, {}),
            at_limit=at_limit.get(name, {}),
        )
        for name, protocol, plan, audit, manifest in zip(
            options.names, options.protocols, given.plans, given.audits, given.manifests, strict=True
        )
    ]
    reference = Path(snakemake.scriptdir).resolve().parents[1] / "resources" / "reference_significance.csv"
    tables = judge_personalization(
        protocols, EvaluationOptions.model_validate_json(options.options), reference=pd.read_csv(reference)
    )
    write_tables(tables, dict(snakemake.output.items()))
