include: "figures_inputs.smk"


# Copies of another study's figures and tables must not lie between those of this one.
onstart:
    for line in clear_copies(STUDY) if workflow.is_main_process and not workflow.touch else []:
        print(line, file=sys.stderr)


rule plot_figure:
    input:
        unpack(figure_files),
    output:
        pdf="results/{dataset}/figures/{figure}.pdf",
        png="results/{dataset}/figures/{figure}.png",
    log:
        "logs/{dataset}/plot_figure/{figure}.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        options=FIGURE_OPTIONS,
        settings=figure_settings,
        stamp=lambda wildcards: figure_stamp(wildcards.figure, STUDY, wildcards.dataset),
        code=figure_code,
    message:
        "Plotting {wildcards.figure}: {wildcards.dataset}"
    script:
        "../scripts/plot_figure.py"


rule publish_figure:
    input:
        pdf=published_figure("pdf"),
        png=published_figure("png"),
    output:
        pdf="results/figures/{figure}.pdf",
        png=report(
            "results/figures/{figure}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        "logs/publish_figure/{figure}.log",
    localrule: True
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=100,
        runtime=5,
    params:
        caption=lambda wildcards: all_figures()[wildcards.figure].captions[wildcards.figure],
        dataset=lambda wildcards: figure_dataset(wildcards.figure, STUDY),
    message:
        "Publishing figure: results/figures/{wildcards.figure}.pdf and .png"
    shell:
        "cp {input.pdf} {output.pdf} 2> {log} && cp {input.png} {output.png} 2>> {log}"


rule publish_table:
    input:
        unpack(published_table),
    output:
        csv=report(
            "results/tables/{table}.csv",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
        md="results/tables/{table}.md",
    log:
        "logs/publish_table/{table}.log",
    localrule: True
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=200,
        runtime=5,
    params:
        stamp=lambda wildcards: arm_stamp(TABLES[wildcards.table], STUDY, STUDY.study.dataset),
        code=code_digest("publish_table.py"),
    message:
        "Publishing table: results/tables/{wildcards.table}.csv and .md"
    script:
        "../scripts/publish_table.py"
