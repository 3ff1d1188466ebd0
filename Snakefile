# How well can a deep network predict blood pressure from PPG, on people it has never seen?
# Configuration: config.yaml, or any file given with --configfile; every option is in config/README.md.
from snakemake.utils import min_version

min_version("9.19")

# Not loaded beside a file given by the user: the demo's small numbers must not leak into another study.
if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


include: "workflow/rules/common.smk"


container: STUDY.snakemake.container or None


include: "workflow/rules/simulator.smk"
include: "workflow/rules/records.smk"
include: "workflow/rules/windows.smk"
include: "workflow/rules/splits.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/judgement.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/personalization.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/camera.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/real.smk"
include: "workflow/rules/targets.smk"


if "leakage" in ACTIVE_ARMS:

    include: "workflow/rules/leakage.smk"


if "external" in ACTIVE_ARMS:

    include: "workflow/rules/external.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        figure_targets,
        table_targets,
        audit_targets,
        contact_sheet_targets,
        judgement_targets,
        card_targets,
        "results/report.html",
    message:
        "The study is complete: figures in results/figures, tables in results/tables"


rule records:
    input:
        f"results/{STUDY.study.dataset}/records.csv",
    message:
        "Records listed: results/{STUDY.study.dataset}/records.csv"
