rule plot_fig1:
    input:
        run=schematic,
    output:
        pdf="results/{dataset}/figures/fig1.pdf",
        png="results/{dataset}/figures/fig1.png",
    log:
        "logs/{dataset}/plot_fig1.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        options=FIGURE_OPTIONS,
        network=lambda wildcards, input: Path(input.run).parts[-3],
        code=code_digest("plot_fig1.py"),
    message:
        "Plotting Figure 1: {wildcards.dataset}"
    script:
        "../scripts/plot_fig1.py"


rule plot_fig4:
    input:
        quality=first_split,
        audits=split_audits,
    output:
        pdf="results/{dataset}/figures/fig4.pdf",
        png="results/{dataset}/figures/fig4.png",
    log:
        "logs/{dataset}/plot_fig4.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        options=FIGURE_OPTIONS,
        cap=STUDY.splits.named[STUDY.study.splits[0]].cap,
        code=code_digest("plot_fig4.py"),
    message:
        "Plotting Figure 4: {wildcards.dataset}"
    script:
        "../scripts/plot_fig4.py"


rule plot_fig5:
    input:
        manifests=manifests,
        audits=split_audits,
    output:
        pdf="results/{dataset}/figures/fig5.pdf",
        png="results/{dataset}/figures/fig5.png",
    log:
        "logs/{dataset}/plot_fig5.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=10,
    params:
        options=FIGURE_OPTIONS,
        splits=list(STUDY.study.splits),
        code=code_digest("plot_fig5.py"),
    message:
        "Plotting Figure 5: {wildcards.dataset}"
    script:
        "../scripts/plot_fig5.py"


rule plot_fig6:
    input:
        overall="results/{dataset}/judgement/splits/tables/overall.csv",
        mae="results/{dataset}/judgement/splits/tables/seeds.csv",
        tests="results/{dataset}/judgement/splits/tables/contrasts.csv",
        audits=split_audits,
    output:
        pdf="results/{dataset}/figures/fig6.pdf",
        png="results/{dataset}/figures/fig6.png",
    log:
        "logs/{dataset}/plot_fig6.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        options=FIGURE_OPTIONS,
        code=code_digest("plot_fig6.py"),
    message:
        "Plotting Figure 6: {wildcards.dataset}"
    script:
        "../scripts/plot_fig6.py"


rule plot_fig7:
    input:
        bins="results/{dataset}/judgement/splits/tables/bins.csv",
        overall="results/{dataset}/judgement/splits/tables/overall.csv",
        manifests=manifests,
        audits=split_audits,
    output:
        pdf="results/{dataset}/figures/fig7.pdf",
        png="results/{dataset}/figures/fig7.png",
    log:
        "logs/{dataset}/plot_fig7.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=10,
    params:
        options=FIGURE_OPTIONS,
        splits=list(STUDY.study.splits),
        code=code_digest("plot_fig7.py"),
    message:
        "Plotting Figure 7: {wildcards.dataset}"
    script:
        "../scripts/plot_fig7.py"


rule publish_figure:
    input:
        pdf=lambda wildcards: f"results/{dataset_of(wildcards.figure)}/figures/{wildcards.figure}.pdf",
        png=lambda wildcards: f"results/{dataset_of(wildcards.figure)}/figures/{wildcards.figure}.png",
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
    message:
        "Figure of the study: results/figures/{wildcards.figure}.pdf"
    shell:
        "cp {input.pdf} {output.pdf} 2> {log} && cp {input.png} {output.png} 2>> {log}"


rule publish_table:
    input:
        csv=f"results/{STUDY.study.dataset}/judgement/{{table}}.csv",
        md=f"results/{STUDY.study.dataset}/judgement/{{table}}.md",
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
        mem_mb=100,
        runtime=5,
    message:
        "Table of the study: results/tables/{wildcards.table}.csv"
    shell:
        "cp {input.csv} {output.csv} 2> {log} && cp {input.md} {output.md} 2>> {log}"


rule publish_page:
    input:
        csv=f"results/{STUDY.study.dataset}/judgement/{{page}}/tables/mae.csv",
        md=f"results/{STUDY.study.dataset}/judgement/{{page}}/summary.md",
    output:
        csv=report(
            "results/tables/{page}.csv",
            caption="../report/page.rst",
            category="Tables",
            labels={"table": "{page}"},
        ),
        md="results/tables/{page}.md",
    log:
        "logs/publish_page/{page}.log",
    localrule: True
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=100,
        runtime=5,
    message:
        "Table of the study: results/tables/{wildcards.page}.csv, and in words beside it"
    shell:
        "cp {input.csv} {output.csv} 2> {log} && cp {input.md} {output.md} 2>> {log}"
