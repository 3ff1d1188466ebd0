"""Run a custom method that takes frames on one video."""

from cuffless.camera.manifest import recording_from
from cuffless.camera.recordings import extract_recording_wave
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    params = snakemake.params
    extract_recording_wave(recording_from(params.recording), method=params.method, wave=snakemake.output.wave)
