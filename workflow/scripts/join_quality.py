"""Join the quality tables of all shards, and name the subjects as the configuration asks."""

import json

from cuffless.files import whole_file
from cuffless.joblog import logged
from cuffless.records import describe_runs
from cuffless.windows import join_quality

with logged(snakemake.log[0]), whole_file(snakemake.output[0]) as part:
    naming, given = json.loads(snakemake.params.naming), snakemake.input
    quality = join_quality(given.shards, part, people=given.people or None, **naming)
    if naming["identity"] == "runs":
        runs = quality[quality["identity"] == "run"]
        print(describe_runs(dict(zip(runs["record"], runs["subject"], strict=True))))
