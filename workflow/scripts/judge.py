"""Judge an arm of the study: its tables, its summary, and the page of its predictions against doing nothing."""

import json
from importlib import import_module
from pathlib import Path

from cuffless.arms import load_arm
from cuffless.config import EvaluationOptions
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    given, params, page = snakemake.input, snakemake.params, snakemake.output.get("page")
    resources = Path(snakemake.scriptdir).resolve().parents[1] / "resources"
    judged = load_arm(params.arm).judge(given, params, resources)
    judged.write(path for path in snakemake.output if path != page)
    if page:  # what writes it is code of those arms only that have one
        import_module("cuffless.report.judgement.folder").write_judgement(
            judged.judgement,
            Path(page).parent,
            source=", ".join(given.predictions),
            options=EvaluationOptions.model_validate_json(params.options),
            limits=json.loads(params.limits),
            about=params.about,
            title=f"{snakemake.wildcards.dataset}: {params.arm}",
            command=f"snakemake --cores 8 -- {page}",
        )
