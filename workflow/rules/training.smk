def own_code(wildcards):
    """File of a user's own network, which counts among the code that a training depends on."""
    import importlib.util

    architecture = named(STUDY.networks, wildcards.network).architecture
    if ":" not in architecture:
        return ()
    sys.path.insert(0, os.getcwd())
    try:
        spec = importlib.util.find_spec(architecture.split(":")[0])
    except ImportError:
        spec = None
    if spec is None or not spec.origin:
        raise WorkflowError(
            f"networks.{wildcards.network}: module {architecture.split(':')[0]} is not found; "
            "put it beside the study or install it"
        )
    return (spec.origin,)


rule train_network:
    message:
        "Training: {wildcards.network}, {wildcards.dataset}, {wildcards.split}, seed {wildcards.seed}"
    input:
        manifest="results/{dataset}/splits/{split}.parquet",
        train="results/{dataset}/splits/{split}/train.zarr.zip",
        val="results/{dataset}/splits/{split}/val.zarr.zip",
        test="results/{dataset}/splits/{split}/test.zarr.zip",
    output:
        model="results/{dataset}/training/{split}/{network}/seed{seed}/model.keras",
        history="results/{dataset}/training/{split}/{network}/seed{seed}/history.csv",
        run="results/{dataset}/training/{split}/{network}/seed{seed}/run.json",
        predictions="results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet",
    params:
        options=lambda wildcards: named(STUDY.networks, wildcards.network).canonical(),
        windows=lambda wildcards: STUDY.windowings[windowing_of(wildcards.split)].canonical(),
        code=lambda wildcards: code_digest("train_network.py", own_code(wildcards)),
    log:
        "logs/{dataset}/train_network/{split}/{network}_seed{seed}.log",
    benchmark:
        "logs/{dataset}/train_network/{split}/{network}_seed{seed}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    threads: STUDY.snakemake.threads
    resources:
        mem_mb=STUDY.snakemake.training_mem_mb,
        runtime=2880,
        gpu=1 if STUDY.snakemake.gpu else 0,
    script:
        "../scripts/train_network.py"
