"""Fetch the files needed to list a database: records, checksums, patients' names."""

import json

from cuffless.config import read_config
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.records.sources.physionet import fetch_index

with logged(snakemake.log[0]):
    found = fetch_index(read_config(snakemake.config).datasets[snakemake.wildcards.dataset].records)
    with whole_file(snakemake.output[0]) as part:
        part.write_text(json.dumps(found, indent=2) + "\n")
