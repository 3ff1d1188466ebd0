"""Take the mean colours of skin from one video."""

from cuffless.camera.manifest import recording_from
from cuffless.camera.recordings import extract_recording
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    params = snakemake.params
    extract_recording(recording_from(params.recording), roi_hz=params.roi_hz, **dict(snakemake.output.items()))
