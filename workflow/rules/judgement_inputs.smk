PAGE_CODE = (str(SOURCE / "cuffless" / "report" / "judgement" / "folder.py"),)


def judging_code(arm, *extra):
    """Code of an arm's judgement: the script imports the arm by its name, so that the other arms do not count."""
    # A page's plots are reached by their own names; the package around them names the figures of the paper, too.
    return code_digest("judge.py", (str(SOURCE / "cuffless" / "arms" / f"{arm}.py"), *extra), ["cuffless.figures"])


def judged_tables(arm, names):
    """Tables of an arm's judgement."""
    return expand("results/{{dataset}}/judgement/{arm}/tables/{table}.csv", arm=arm, table=names)


def all_predictions(wildcards):
    """Prediction tables of every split, network and seed of the study."""
    return trained("predictions.parquet", wildcards.dataset)


def audited(wildcards):
    """Leaks of each split of a data set: a dependency of every judgement, so that audits run first."""
    return split_leaks(wildcards.dataset)


def input_predictions(wildcards):
    """Prediction tables of all runs of the input study."""
    return expand(
        "results/{dataset}/training/inputs/{crop}/{channels}/{network}/seed{seed}/predictions.parquet",
        dataset=wildcards.dataset,
        crop=CROPS,
        channels=["derivatives" if given else "signal" for given in STUDY.inputs.derivatives],
        network=STUDY.inputs.networks,
        seed=range(STUDY.inputs.repeats),
    )


def personalization_overall(wildcards):
    """Errors on the drawn subjects, which join Table 1."""
    overall = f"results/{wildcards.dataset}/judgement/personalization/tables/overall.csv"
    return [overall] if "personalization" in ACTIVE_ARMS else []


def pressure_limits():
    """Accepted pressures of the first split's windowing, as canonical JSON: bins are counted from there."""
    windows = STUDY.windowings[windowing_of(STUDY.study.splits[0])]
    return json.dumps({"SBP": windows.sbp_range, "DBP": windows.dbp_range})
