include: "camera_inputs.smk"


rule simulate_video:
    output:
        video=temp("results/{dataset}/camera/simulated/{recording}.avi"),
        timestamps="results/{dataset}/camera/simulated/{recording}.timestamps.csv",
        bp="results/{dataset}/camera/simulated/{recording}.bp.csv",
        roi="results/{dataset}/camera/simulated/{recording}.roi.json",
        truth="results/{dataset}/camera/simulated/{recording}.truth.npz",
    log:
        "logs/{dataset}/simulate_video/{recording}.log",
    benchmark:
        "logs/{dataset}/simulate_video/{recording}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
    params:
        options=STUDY.rppg.simulation.filming(),
        confounding=lambda wildcards: entry(STUDY.datasets, wildcards.dataset).simulator.confounding,
        cohort=lambda wildcards: entry(STUDY.datasets, wildcards.dataset).simulator.subjects,
        code=code_digest("simulate_video.py"),
    message:
        "Simulating a video of a face: {wildcards.recording}"
    script:
        "../scripts/simulate_video.py"


rule extract_trace:
    input:
        files_of_video,
    output:
        trace="results/{dataset}/camera/traces/{recording}.npz",
        regions="results/{dataset}/camera/traces/{recording}.roi.json",
        frames="results/{dataset}/camera/traces/{recording}.frames.npz",
    log:
        "logs/{dataset}/extract_trace/{recording}.log",
    benchmark:
        "logs/{dataset}/extract_trace/{recording}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(1500),
        runtime=growing(120),
    params:
        recording=lambda wildcards: entry(RECORDINGS, wildcards.recording).canonical(video_only=True),
        roi_hz=STUDY.rppg.roi_hz,
        code=code_digest("extract_trace.py"),
    message:
        "Extracting skin colours: {wildcards.recording}"
    script:
        "../scripts/extract_trace.py"


rule extract_wave:
    input:
        files_of_video,
    output:
        wave="results/{dataset}/camera/waves/{recording}.npz",
    log:
        "logs/{dataset}/extract_wave/{recording}.log",
    benchmark:
        "logs/{dataset}/extract_wave/{recording}.tsv"
    conda:
        "../../envs/cuffless.yaml"
    threads: STUDY.snakemake.threads
    resources:
        mem_mb=growing(STUDY.snakemake.training_mem_mb),
        runtime=growing(240),
        gpu=1 if STUDY.snakemake.gpu else 0,
    params:
        recording=lambda wildcards: entry(RECORDINGS, wildcards.recording).canonical(video_only=True),
        method=STUDY.rppg.method,
        code=lambda wildcards: code_digest("extract_wave.py", METHOD_CODE),
    message:
        "Pulse wave by {params.method}: {wildcards.recording}"
    script:
        "../scripts/extract_wave.py"


if STUDY.rppg.source == "ready":

    rule gather_ready_windows:
        input:
            STUDY.rppg.path,
        output:
            windows="results/{dataset}/camera/windows.zarr.zip",
            index="results/{dataset}/camera/windows.parquet",
            quality=report(
                "results/{dataset}/camera/quality.csv",
                caption="../report/rppg_quality.rst",
                category="Recordings of faces",
            ),
        log:
            "logs/{dataset}/gather_ready_windows.log",
        conda:
            "../../envs/cuffless.yaml"
        resources:
            mem_mb=growing(4000),
            runtime=growing(30),
        params:
            options=STUDY.rppg.gathering(),
            windows=rppg_windowing,
            code=code_digest("gather_ready_windows.py"),
        message:
            "Reading ready rPPG windows: {input}"
        script:
            "../scripts/gather_ready_windows.py"

else:

    rule plot_contact_sheets:
        input:
            waves=WAVES,
            traces=expand("results/{{dataset}}/camera/traces/{recording}.npz", recording=RECORDINGS),
            regions=expand("results/{{dataset}}/camera/traces/{recording}.roi.json", recording=RECORDINGS),
            frames=expand("results/{{dataset}}/camera/traces/{recording}.frames.npz", recording=RECORDINGS),
        output:
            report(
                expand("results/{{dataset}}/camera/sheets/{recording}.png", recording=RECORDINGS),
                caption="../report/contact_sheet.rst",
                category="Recordings of faces",
            ),
        log:
            "logs/{dataset}/plot_contact_sheets.log",
        conda:
            "../../envs/cuffless.yaml"
        resources:
            mem_mb=growing(1500),
            runtime=growing(60),
        params:
            options=FIGURE_OPTIONS,
            names=list(RECORDINGS),
            method=STUDY.rppg.method,
            rate_range=STUDY.rppg.rate_range,
            stamp=sheet_stamp,
            code=code_digest("plot_contact_sheets.py", COLOUR_CODE),
        message:
            "Plotting contact sheets: {wildcards.dataset}"
        script:
            "../scripts/plot_contact_sheets.py"

    rule gather_rppg_windows:
        input:
            monitors=files_of_monitors,
            waves=WAVES,
            traces=expand("results/{{dataset}}/camera/traces/{recording}.npz", recording=RECORDINGS),
        output:
            windows="results/{dataset}/camera/windows.zarr.zip",
            index="results/{dataset}/camera/windows.parquet",
            quality=report(
                "results/{dataset}/camera/quality.csv",
                caption="../report/rppg_quality.rst",
                category="Recordings of faces",
            ),
        log:
            "logs/{dataset}/gather_rppg_windows.log",
        conda:
            "../../envs/cuffless.yaml"
        resources:
            mem_mb=growing(4000),
            runtime=growing(60),
        params:
            recordings=[recording.canonical() for recording in RECORDINGS.values()],
            options=STUDY.rppg.gathering(),
            windows=rppg_windowing,
            code=code_digest("gather_rppg_windows.py", COLOUR_CODE),
        message:
            "Cutting rPPG windows: {wildcards.dataset}"
        script:
            "../scripts/gather_rppg_windows.py"

    rule count_snr_shares:
        input:
            waves=WAVES,
            traces=expand("results/{{dataset}}/camera/traces/{recording}.npz", recording=RECORDINGS),
        output:
            shares="results/{dataset}/camera/snr_shares.csv",
        log:
            "logs/{dataset}/count_snr_shares.log",
        conda:
            "../../envs/cuffless.yaml"
        resources:
            mem_mb=growing(4000),
            runtime=growing(60),
        params:
            lengths=list(STUDY.rppg.snr_lengths),
            options=STUDY.rppg.pulse(),
            windows=rppg_windowing,
            code=code_digest("count_snr_shares.py", COLOUR_CODE),
        message:
            "Counting windows with sufficient SNR, by length: {wildcards.dataset}"
        script:
            "../scripts/count_snr_shares.py"

    rule compare_methods:
        input:
            waves=WAVES,
            ppg=files_of_contact,
            traces=expand("results/{{dataset}}/camera/traces/{recording}.npz", recording=RECORDINGS),
        output:
            table="results/{dataset}/camera/methods.csv",
        log:
            "logs/{dataset}/compare_methods.log",
        conda:
            "../../envs/cuffless.yaml"
        resources:
            mem_mb=growing(1500),
            runtime=growing(60),
        params:
            recordings=[recording.canonical() for recording in RECORDINGS.values()],
            methods=list(dict.fromkeys(["pos", STUDY.rppg.method])),
            code=code_digest("compare_methods.py", COLOUR_CODE),
        message:
            "Comparing methods for the pulse wave: {wildcards.dataset}"
        script:
            "../scripts/compare_methods.py"


rule sample_folds:
    input:
        index="results/{dataset}/camera/windows.parquet",
        manifest=f"results/{{dataset}}/designs/splits/{STUDY.rppg.split}.parquet",
    output:
        plan="results/{dataset}/designs/camera/folds.parquet",
        audit="results/{dataset}/designs/camera/folds.audit.json",
    log:
        "logs/{dataset}/sample_folds.log",
    conda:
        "../../envs/cuffless.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        share=STUDY.rppg.tuning.share,
        test=STUDY.rppg.tuning.test,
        gap=STUDY.rppg.tuning.gap,
        conditions=list(STUDY.rppg.tuning.conditions),
        seed=STUDY.rppg.tuning.seed,
        min_windows=STUDY.rppg.min_windows,
        code=code_digest("sample_folds.py"),
    message:
        "Sampling leave-one-subject-out folds: {wildcards.dataset}"
    script:
        "../scripts/sample_folds.py"


use rule personalize_network as tune_network with:
    input:
        plan="results/{dataset}/designs/camera/folds.parquet",
        windows="results/{dataset}/camera/windows.zarr.zip",
        model=model_to_tune,
    output:
        predictions="results/{dataset}/finetuning/camera/{network}/seed{seed}/predictions.parquet",
        fits="results/{dataset}/finetuning/camera/{network}/seed{seed}/fits.csv",
        run="results/{dataset}/finetuning/camera/{network}/seed{seed}/run.json",
    log:
        "logs/{dataset}/tune_network/{network}_seed{seed}.log",
    benchmark:
        "logs/{dataset}/tune_network/{network}_seed{seed}.tsv"
    params:
        options=STUDY.rppg.tuning.canonical(),
        backend=lambda wildcards: entry(STUDY.networks, wildcards.network).training.backend,
        threads=lambda wildcards: entry(STUDY.networks, wildcards.network).training.threads,
        split=STUDY.rppg.split,
        arm="camera",
        architecture=architecture_of,
        code=network_code("finetune_network.py", BUDGETS),
    message:
        "Fine-tuning on rPPG: {wildcards.network}, {wildcards.dataset}, seed {wildcards.seed}"


use rule judge as judge_camera with:
    input:
        plan="results/{dataset}/designs/camera/folds.parquet",
        audit="results/{dataset}/designs/camera/folds.audit.json",
        predictions=tuning_files("predictions.parquet"),
        runs=tuning_files("run.json"),
    output:
        judged_tables(
            "camera",
            ["mae", "method_skill", "contrasts", "subject_boxes", "subject_ks", "boxes", "overall", *JUDGED_TABLES],
        ),
        summary="results/{dataset}/judgement/camera/summary.md",
        page="results/{dataset}/judgement/camera/judgement.html",
    log:
        "logs/{dataset}/judge_camera.log",
    benchmark:
        "logs/{dataset}/judge_camera.tsv"
    params:
        arm="camera",
        options=STUDY.evaluation.canonical(),
        tuning=STUDY.rppg.tuning.canonical(),
        about=lambda wildcards: whose_page(wildcards.dataset, people_of(STUDY, "camera")),
        limits=pressure_limits(),
        reference=file_digest(Path(workflow.basedir) / RPPG_REFERENCE),
        templates=PAGE_TEMPLATES,
        code=judging_code("camera", *PAGE_CODE),


use rule write_table as write_table2 with:
    input:
        overall=["results/{dataset}/judgement/camera/tables/overall.csv"],
    output:
        csv="results/{dataset}/judgement/table2.csv",
        md="results/{dataset}/judgement/table2.md",
    log:
        "logs/{dataset}/write_table2.log",
    benchmark:
        "logs/{dataset}/write_table2.tsv"
    params:
        table=2,
        options=STUDY.evaluation.canonical(),
        reference=file_digest(Path(workflow.basedir) / REFERENCE),
        code=code_digest("write_paper_table.py"),
