"""Count the windows with enough SNR, by their length, of recordings and of white noise."""

from cuffless.camera.pulse.snr import snr_shares
from cuffless.camera.recordings import pulse_records
from cuffless.config import RppgOptions, WindowOptions
from cuffless.files import whole_file
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    windows = WindowOptions.model_validate_json(snakemake.params.windows)
    options = RppgOptions.model_validate_json(snakemake.params.options)
    pulses = pulse_records(snakemake.input.traces, options, windows, snakemake.input.waves)
    shares = snr_shares(pulses, snakemake.params.lengths, windows)
    with whole_file(snakemake.output.shares) as part:
        shares.to_csv(part, index=False)
