FIGURE_OPTIONS = STUDY.figures.canonical()


def figure_files(wildcards):
    """Files that a figure is plotted from, as its module declares them."""
    return all_figures()[wildcards.figure].input_files(STUDY, wildcards.dataset)


def figure_settings(wildcards):
    """Options of other stages that a figure shows."""
    return all_figures()[wildcards.figure].setting_values(STUDY)


def figure_code(wildcards):
    """Code of a figure: of the modules that plot, only its own counts."""
    return code_digest("plot_figure.py", [module_file(all_figures()[wildcards.figure].module)])


def published_figure(ending):
    """Figure of the data set that the study shows it for."""
    return lambda wildcards: f"results/{figure_dataset(wildcards.figure, STUDY)}/figures/{wildcards.figure}.{ending}"


def published_table(wildcards):
    """A table as CSV and in words: of the paper, or the errors of an arm."""
    return {ending: f"results/{table_source(wildcards.table, ending, STUDY.study.dataset)}" for ending in ("csv", "md")}
