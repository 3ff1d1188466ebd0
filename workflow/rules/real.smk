include: "real_inputs.smk"


rule real_records:
    input:
        local_results,
    message:
        "Real recordings: contents and errors of each are in results/DATASET/real/summary.csv"


rule predict_recordings:
    input:
        windows=shards_with_pressure("results/{dataset}/windows/{windowing}/{shard}.zarr.zip"),
        quality=shards_with_pressure("results/{dataset}/windows/{windowing}.quality.csv"),
    output:
        predictions="results/{dataset}/real/predictions.csv",
        summary=report(
            "results/{dataset}/real/summary.csv",
            caption="../report/real.rst",
            category="Real recordings",
            labels={"data set": "{dataset}"},
        ),
    log:
        "logs/{dataset}/predict_recordings.log",
    benchmark:
        "logs/{dataset}/predict_recordings.tsv"
    conda:
        NETWORK_ENVIRONMENT
    resources:
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        model=STUDY.real.model,
        backend=STUDY.training.backend,
        network=trained_network,
        own=own_architectures(),
        records=recordings,
        listing=recordings_listing,
        code=code_digest("predict_recordings.py", architecture_files()),
    message:
        "Predicting real recordings: {wildcards.dataset}"
    script:
        "../scripts/predict_recordings.py"
