include: "training_inputs.smk"


rule train_network:
    input:
        manifest="results/{dataset}/designs/splits/{split}.parquet",
        train="results/{dataset}/designs/splits/{split}/train.zarr.zip",
        val="results/{dataset}/designs/splits/{split}/val.zarr.zip",
        test="results/{dataset}/designs/splits/{split}/test.zarr.zip",
    output:
        model="results/{dataset}/training/{split}/{network}/seed{seed}/model.keras",
        history="results/{dataset}/training/{split}/{network}/seed{seed}/history.csv",
        run="results/{dataset}/training/{split}/{network}/seed{seed}/run.json",
        predictions="results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet",
    log:
        "logs/{dataset}/train_network/{split}/{network}_seed{seed}.log",
    benchmark:
        "logs/{dataset}/train_network/{split}/{network}_seed{seed}.tsv"
    conda:
        NETWORK_ENVIRONMENT
    threads: STUDY.snakemake.threads
    resources:
        mem_mb=growing(STUDY.snakemake.training_mem_mb),
        runtime=2880,
        gpu=1 if STUDY.snakemake.gpu else 0,
    params:
        options=lambda wildcards: entry(STUDY.networks, wildcards.network).canonical(),
        windows=lambda wildcards: STUDY.windowings[windowing_of(wildcards.split)].canonical(),
        people=lambda wildcards: people_in(STUDY, wildcards.dataset),
        code=network_code("train_network.py"),
    message:
        "Training: {wildcards.network}, {wildcards.dataset}, {wildcards.split}, seed {wildcards.seed}"
    script:
        "../scripts/train_network.py"


rule join_predictions:
    input:
        predictions=of_folds("results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet"),
    output:
        predictions="results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet",
    log:
        "logs/{dataset}/join_predictions/{split}/{network}_seed{seed}.log",
    wildcard_constraints:
        split=FOLDED,
    localrule: True
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_digest("join_predictions.py"),
    message:
        "Joining the predictions of all folds: {wildcards.network}, {wildcards.dataset}, {wildcards.split}, "
        "seed {wildcards.seed}"
    script:
        "../scripts/join_predictions.py"
