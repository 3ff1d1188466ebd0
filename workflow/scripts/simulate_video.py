"""Simulate one recording of a face: the video and all that belongs to it."""

from pathlib import Path

from cuffless.camera.simulation.recordings import simulate_recording
from cuffless.config import SimulatorOptions, VideoSimulationOptions
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    params = snakemake.params
    simulate_recording(
        int(snakemake.wildcards.recording.removeprefix("v")),
        Path(snakemake.output.video).parent,
        VideoSimulationOptions.model_validate_json(params.options),
        SimulatorOptions(confounding=params.confounding, subjects=params.cohort),
    )
