"""Try a trained network on the recordings of a data set, and judge it where their pressures are known."""

from cuffless.config import RecordOptions
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.records import find_records
from cuffless.training.backends import use_backend
from cuffless.training.predictor import load_predictor
from cuffless.training.recordings import predict_ppg, predict_stored

with logged(snakemake.log[0]):
    use_backend(snakemake.params.backend)
    predictor = load_predictor(snakemake.params.model, own=snakemake.params.own)
    windows = snakemake.input.get("windows")
    if windows:
        predictions, summary = predict_stored(windows, snakemake.input.quality[0], predictor)
    else:
        options = RecordOptions.model_validate_json(snakemake.params.records)
        predictions, summary = predict_ppg(find_records(options), options, predictor)
    for table, path in ((predictions, snakemake.output.predictions), (summary, snakemake.output.summary)):
        with whole_file(path) as part:
            table.to_csv(part, index=False, float_format="%.3f")
