rule sample_split:
    input:
        index=lambda wildcards: f"results/{wildcards.dataset}/windows/{windowing_of(wildcards.split)}.parquet",
        quality=lambda wildcards: f"results/{wildcards.dataset}/windows/{windowing_of(wildcards.split)}.quality.csv",
        people=people_file("people.json"),
    output:
        manifest="results/{dataset}/designs/splits/{split}.parquet",
        audit="results/{dataset}/designs/splits/{split}.audit.json",
    log:
        "logs/{dataset}/sample_split/{split}.log",
    benchmark:
        "logs/{dataset}/sample_split/{split}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        options=lambda wildcards: split_options(wildcards.split).drawing(),
        overlap=lambda wildcards: overlap_of(wildcards.split),
        runs_gap=runs_gap,
        code=code_digest("sample_split.py"),
    message:
        "Sampling split: {wildcards.dataset}, {wildcards.split}"
    script:
        "../scripts/sample_split.py"


rule materialize_split:
    input:
        manifest="results/{dataset}/designs/splits/{split}.parquet",
        windows=lambda wildcards: expand(
            "results/{dataset}/windows/{windowing}/{shard}.zarr.zip",
            dataset=wildcards.dataset,
            windowing=windowing_of(wildcards.split),
            shard=shards(wildcards.dataset),
        ),
    output:
        train="results/{dataset}/designs/splits/{split}/train.zarr.zip",
        val="results/{dataset}/designs/splits/{split}/val.zarr.zip",
        test="results/{dataset}/designs/splits/{split}/test.zarr.zip",
    log:
        "logs/{dataset}/materialize_split/{split}.log",
    benchmark:
        "logs/{dataset}/materialize_split/{split}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        code=code_digest("materialize_split.py"),
    message:
        "Writing the sets of a split: {wildcards.dataset}, {wildcards.split}"
    script:
        "../scripts/materialize_split.py"


rule audit_duplicates:
    input:
        manifest="results/{dataset}/designs/splits/{split}.parquet",
        train="results/{dataset}/designs/splits/{split}/train.zarr.zip",
        val="results/{dataset}/designs/splits/{split}/val.zarr.zip",
        test="results/{dataset}/designs/splits/{split}/test.zarr.zip",
    output:
        audit="results/{dataset}/designs/splits/{split}.duplicates.json",
    log:
        "logs/{dataset}/audit_duplicates/{split}.log",
    benchmark:
        "logs/{dataset}/audit_duplicates/{split}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        options=lambda wildcards: split_options(wildcards.split).canonical(),
        overlap=lambda wildcards: overlap_of(wildcards.split),
        code=code_digest("audit_duplicates.py"),
    message:
        "Checking for duplicate signals: {wildcards.dataset}, {wildcards.split}"
    script:
        "../scripts/audit_duplicates.py"


rule audit_sets:
    input:
        manifest="results/{dataset}/designs/splits/{split}.parquet",
        audit="results/{dataset}/designs/splits/{split}.audit.json",
        duplicates="results/{dataset}/designs/splits/{split}.duplicates.json",
        models=expand(
            "results/{{dataset}}/training/{{split}}/{network}/seed{seed}/model.keras",
            network=NETWORKS,
            seed=STUDY.study.seeds,
        ),
    output:
        leaks="results/{dataset}/designs/splits/{split}.leaks.csv",
    log:
        "logs/{dataset}/audit_sets/{split}.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        options=lambda wildcards: split_options(wildcards.split).canonical(),
        overlap=lambda wildcards: overlap_of(wildcards.split),
        code=code_digest("audit_sets.py"),
    message:
        "Auditing leaks: {wildcards.dataset}, {wildcards.split}"
    script:
        "../scripts/audit_sets.py"


rule join_folds:
    input:
        manifests=of_folds("results/{dataset}/designs/splits/{split}.parquet"),
        audits=of_folds("results/{dataset}/designs/splits/{split}.audit.json"),
    output:
        manifest="results/{dataset}/designs/splits/{split}.parquet",
        audit="results/{dataset}/designs/splits/{split}.audit.json",
    log:
        "logs/{dataset}/join_folds/{split}.log",
    wildcard_constraints:
        split=FOLDED,
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        options=lambda wildcards: split_options(wildcards.split).drawing(),
        code=code_digest("join_folds.py"),
    message:
        "Joining the folds of a split: {wildcards.dataset}, {wildcards.split}"
    script:
        "../scripts/join_folds.py"


rule join_leaks:
    input:
        leaks=of_folds("results/{dataset}/designs/splits/{split}.leaks.csv"),
    output:
        leaks="results/{dataset}/designs/splits/{split}.leaks.csv",
    log:
        "logs/{dataset}/join_leaks/{split}.log",
    wildcard_constraints:
        split=FOLDED,
    localrule: True
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_digest("join_leaks.py"),
    message:
        "Joining the leaks of all folds: {wildcards.dataset}, {wildcards.split}"
    script:
        "../scripts/join_leaks.py"
