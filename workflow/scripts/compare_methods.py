"""Compare methods for the pulse wave on the study's recordings, and with their contact PPG."""

from cuffless.camera.manifest import recording_from
from cuffless.camera.recordings import traces_or_reasons
from cuffless.camera.windows.comparison import compare_methods
from cuffless.files import whole_file
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    recordings = list(map(recording_from, params.recordings))
    traces = traces_or_reasons(given.traces, given.waves, params.methods[-1])
    table = compare_methods(recordings, traces, params.methods)
    with whole_file(snakemake.output.table) as part:
        table.to_csv(part, index=False, float_format="%.3f")
