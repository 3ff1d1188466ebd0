rule draw_split:
    input:
        index=lambda wildcards: f"results/{wildcards.dataset}/windows/{windowing_of(wildcards.split)}.parquet",
        quality=lambda wildcards: f"results/{wildcards.dataset}/windows/{windowing_of(wildcards.split)}.quality.csv",
    output:
        manifest="results/{dataset}/splits/{split}.parquet",
        audit="results/{dataset}/splits/{split}.audit.json",
    log:
        "logs/{dataset}/draw_split/{split}.log",
    benchmark:
        "logs/{dataset}/draw_split/{split}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        options=lambda wildcards: named(STUDY.splits.named, wildcards.split).canonical(),
        overlap=lambda wildcards: float(STUDY.windowings[windowing_of(wildcards.split)].overlap),
        code=code_digest("draw_split.py"),
    message:
        "Drawing split: {wildcards.dataset}, {wildcards.split}"
    script:
        "../scripts/draw_split.py"


rule materialize_split:
    input:
        manifest="results/{dataset}/splits/{split}.parquet",
        windows=lambda wildcards: expand(
            "results/{dataset}/windows/{windowing}/{shard}.zarr.zip",
            dataset=wildcards.dataset,
            windowing=windowing_of(wildcards.split),
            shard=shards(wildcards.dataset),
        ),
    output:
        train="results/{dataset}/splits/{split}/train.zarr.zip",
        val="results/{dataset}/splits/{split}/val.zarr.zip",
        test="results/{dataset}/splits/{split}/test.zarr.zip",
    log:
        "logs/{dataset}/materialize_split/{split}.log",
    benchmark:
        "logs/{dataset}/materialize_split/{split}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        code=code_digest("materialize_split.py"),
    message:
        "Writing the sets of a split: {wildcards.dataset}, {wildcards.split}"
    script:
        "../scripts/materialize_split.py"
