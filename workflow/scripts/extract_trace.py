"""Take the mean colours of skin from one video."""

from cuffless.joblog import logged
from cuffless.rppg.manifest import recording_from
from cuffless.rppg.recordings import extract_recording

with logged(snakemake.log[0]):
    params = snakemake.params
    extract_recording(recording_from(params.recording), roi_hz=params.roi_hz, **dict(snakemake.output.items()))
