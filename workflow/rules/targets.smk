def figure_targets(wildcards):
    """Figures of the study."""
    for reason in skipped_arms(STUDY).values():
        print(reason, file=sys.stderr)
    return expand("results/figures/{figure}.pdf", figure=figures_of(STUDY))


def table_targets(wildcards):
    """Tables of the study."""
    tables = ["table1"]
    if "personalization" in ACTIVE_ARMS:
        tables += ["personalization"]
    if "camera" in ACTIVE_ARMS:
        tables += ["table2", "camera"]
    return expand("results/tables/{table}.{kind}", table=tables, kind=["csv", "md"])


def audit_targets(wildcards):
    """Leaks of each split of the study, its networks' scaling included."""
    return split_leaks(STUDY.study.dataset)


def contact_sheet_targets(wildcards):
    """A picture of each recording of a face."""
    if "rppg" not in STUDY.model_fields_set:
        return []
    return expand(f"results/{STUDY.study.dataset}/camera/sheets/{{recording}}.png", recording=RECORDINGS)


def judgement_targets(wildcards):
    """Pages of judgement."""
    judged = [arm for arm in ("splits", "camera") if arm in ACTIVE_ARMS]
    return expand("results/{dataset}/judgement/{judged}/judgement.html", dataset=STUDY.study.dataset, judged=judged)


def card_targets(wildcards):
    """Cards of all networks of the study, of each fold where a split has several."""
    return trained_in_folds("model_card.md", STUDY.study.dataset)
