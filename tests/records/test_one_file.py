"""A source is registered once, by a file in `cuffless.records.sources`."""

from package_copy import copy_package, run_with

TINY = '''"""Recordings of nothing."""

from cuffless.records.source import Entry, Source


class Nothing(Source):
    def find(self, options, shard=None):
        return [Entry("a/nothing", "nothing")]
'''

USE = """
import json
from cuffless.config import RecordOptions
from cuffless.config.documentation import schema
from cuffless.records import find_records

options = RecordOptions(source="tiny", path="a")
print(json.dumps([[entry.name for entry in find_records(options)], "|tiny|" in schema()]))
"""


def test_a_source_is_added_by_one_file(tmp_path):
    (copy_package(tmp_path) / "records" / "sources" / "tiny.py").write_text(TINY)
    assert run_with(tmp_path, USE) == [["nothing"], True]
