"""Judge prediction tables of the study as `cuffless judge` judges anybody's."""

import json
from pathlib import Path

from cuffless.config import EvaluationOptions
from cuffless.joblog import logged
from cuffless.judgement import judge, read_table
from cuffless.report.judgement.folder import write_judgement

with logged(snakemake.log[0]):
    options = EvaluationOptions.model_validate_json(snakemake.params.options)
    limits = json.loads(snakemake.params.limits)
    judgement = judge(read_table(snakemake.input.predictions), options, limits=limits)
    title = f"{snakemake.wildcards.dataset}: {snakemake.wildcards.judged}"
    write_judgement(
        judgement,
        Path(snakemake.output.page).parent,
        source=", ".join(snakemake.input.predictions),
        options=options,
        limits=limits,
        title=title,
        command=f"snakemake --cores 8 -- {snakemake.output.page}",
    )
