rule cut_crops:
    input:
        records=records_to_cut,
    output:
        windows=expand("results/{{dataset}}/windows/crops/{crop}/{{shard}}.zarr.zip", crop=CROPS),
        index=expand("results/{{dataset}}/windows/crops/{crop}/{{shard}}.parquet", crop=CROPS),
        quality=expand("results/{{dataset}}/windows/crops/{crop}/{{shard}}.quality.csv", crop=CROPS),
    log:
        "logs/{dataset}/cut_crops/{shard}.log",
    benchmark:
        "logs/{dataset}/cut_crops/{shard}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(STUDY.snakemake.shard_mem_mb),
        runtime=growing(480),
        connections=connections_to_cut,
    params:
        crops=CROPS,
        stretch=STUDY.inputs.stretch_seconds,
        options=lambda wildcards: entry(STUDY.windowings, STUDY.inputs.windowing).canonical(),
        records=lambda wildcards: records_of(wildcards).reading(),
        code=source_code("cut_crops.py"),
    message:
        "Cutting every crop: {wildcards.dataset}, {wildcards.shard}"
    script:
        "../scripts/cut_crops.py"


rule sample_stretches:
    input:
        index=expand("results/{{dataset}}/windows/crops/{crop}/{shard}.parquet", crop=CROPS[:1], shard=INPUT_SHARDS),
        quality=expand(
            "results/{{dataset}}/windows/crops/{crop}/{shard}.quality.csv", crop=CROPS[:1], shard=INPUT_SHARDS
        ),
        people=people_file("records.csv"),
    output:
        manifest="results/{dataset}/designs/inputs/stretches.parquet",
        notes="results/{dataset}/designs/inputs/stretches.json",
    log:
        "logs/{dataset}/sample_stretches.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        windows=list(STUDY.inputs.windows),
        seed=STUDY.inputs.seed,
        stretch=STUDY.inputs.stretch_seconds,
        naming=lambda wildcards: records_of(wildcards).naming(),
        code=code_digest("sample_stretches.py"),
    message:
        "Sampling the stretches of the input study: {wildcards.dataset}"
    script:
        "../scripts/sample_stretches.py"


rule materialize_crop:
    input:
        manifest="results/{dataset}/designs/inputs/stretches.parquet",
        index=expand("results/{{dataset}}/windows/crops/{{crop}}/{shard}.parquet", shard=INPUT_SHARDS),
        windows=expand("results/{{dataset}}/windows/crops/{{crop}}/{shard}.zarr.zip", shard=INPUT_SHARDS),
    output:
        manifest="results/{dataset}/designs/inputs/sets/{crop}.parquet",
        train="results/{dataset}/designs/inputs/sets/{crop}/train.zarr.zip",
        val="results/{dataset}/designs/inputs/sets/{crop}/val.zarr.zip",
        test="results/{dataset}/designs/inputs/sets/{crop}/test.zarr.zip",
    log:
        "logs/{dataset}/materialize_crop/{crop}.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_digest("materialize_crop.py"),
    message:
        "Writing the sets of a crop: {wildcards.dataset}, {wildcards.crop}"
    script:
        "../scripts/materialize_crop.py"


rule train_input:
    input:
        manifest="results/{dataset}/designs/inputs/sets/{crop}.parquet",
        train="results/{dataset}/designs/inputs/sets/{crop}/train.zarr.zip",
        val="results/{dataset}/designs/inputs/sets/{crop}/val.zarr.zip",
        test="results/{dataset}/designs/inputs/sets/{crop}/test.zarr.zip",
    output:
        history="results/{dataset}/training/inputs/{crop}/{channels}/{network}/seed{seed}/history.csv",
        run="results/{dataset}/training/inputs/{crop}/{channels}/{network}/seed{seed}/run.json",
        predictions="results/{dataset}/training/inputs/{crop}/{channels}/{network}/seed{seed}/predictions.parquet",
    log:
        "logs/{dataset}/train_input/{crop}/{channels}_{network}_seed{seed}.log",
    benchmark:
        "logs/{dataset}/train_input/{crop}/{channels}_{network}_seed{seed}.tsv"
    conda:
        NETWORK_ENVIRONMENT
    threads: STUDY.snakemake.threads
    resources:
        mem_mb=growing(STUDY.snakemake.training_mem_mb),
        runtime=1440,
        gpu=1 if STUDY.snakemake.gpu else 0,
    params:
        options=input_options,
        code=network_code("train_input.py"),
    message:
        "Training: {wildcards.network} on {wildcards.crop}, {wildcards.channels}, repeat {wildcards.seed}"
    script:
        "../scripts/train_input.py"


use rule judge as judge_inputs with:
    input:
        predictions=input_predictions,
        notes="results/{dataset}/designs/inputs/stretches.json",
        quality=expand(
            "results/{{dataset}}/windows/crops/{crop}/{shard}.quality.csv", crop=CROPS[:1], shard=INPUT_SHARDS
        ),
        people=people_file("records.csv"),
    output:
        judged_tables("inputs", ["mae", "tests"]),
    log:
        "logs/{dataset}/judge_inputs.log",
    benchmark:
        "logs/{dataset}/judge_inputs.tsv"
    params:
        arm="inputs",
        options=STUDY.evaluation.canonical(),
        naming=lambda wildcards: records_of(wildcards).naming(),
        code=judging_code("inputs"),
