"""Join the tables of records of all shards, and name their people as the configuration asks."""

import json

import pandas as pd

from cuffless.config import RecordOptions
from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.records import identify_people, read_subjects, subjects_file

with logged(snakemake.log[0]):
    out, options = snakemake.output, RecordOptions.model_validate_json(snakemake.params.options)
    records = pd.concat([pd.read_csv(path, keep_default_na=False, dtype=str) for path in snakemake.input])
    path = subjects_file(options)
    records, people = identify_people(
        records.reset_index(drop=True), options, None if path is None else read_subjects(path)
    )
    for note in people["notes"]:
        print(note)
    with whole_file(out.records) as part:
        records.to_csv(part, index=False)
    with whole_file(out.people) as part:
        part.write_text(json.dumps(people, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
