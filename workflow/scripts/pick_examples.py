"""Pick windows that the report shows: a kept one, and one for each of the rules that rejected most."""

import pandas as pd

from cuffless.config import RecordOptions, WindowOptions, read_config
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.records import read_records
from cuffless.report.study.examples import pick_examples

with logged(snakemake.log[0]):
    params = snakemake.params
    # Where signals are kept changes no window, so it is no parameter.
    download = read_config(snakemake.config).datasets[snakemake.wildcards.dataset].records.download
    reading = RecordOptions.model_validate_json(params.records).model_copy(update={"download": download})
    examples = pick_examples(
        pd.read_csv(snakemake.input.quality, dtype={"record": str}, keep_default_na=False),
        pd.concat([read_records(path) for path in snakemake.input.records], ignore_index=True),
        reading,
        WindowOptions.model_validate_json(params.options),
    )
    with whole_file(snakemake.output[0]) as part:
        examples.to_csv(part, index=False, float_format="%.6g")
