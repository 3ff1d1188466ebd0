"""Windows of PPG with their pressures, and why the others were rejected."""

from cuffless.rejection import EXPLANATIONS
from cuffless.windows.batch import Windows
from cuffless.windows.cutting import cut_windows, iter_windows
from cuffless.windows.measure import Measures
from cuffless.windows.polarity import upside_down
from cuffless.windows.quality import count_rejections, first_broken_rule, judge_labelled
from cuffless.windows.shard import join_tables, passing_signals, store_records, store_stretches
from cuffless.windows.store import WindowStore
from cuffless.windows.stretches import iter_stretches
from cuffless.windows.subjects import join_index, join_quality, name_owners, name_subjects, read_people
from cuffless.windows.zarr_file import ZarrFile

__all__ = [
    "EXPLANATIONS",
    "Measures",
    "WindowStore",
    "Windows",
    "ZarrFile",
    "count_rejections",
    "cut_windows",
    "first_broken_rule",
    "iter_stretches",
    "iter_windows",
    "join_index",
    "join_quality",
    "join_tables",
    "judge_labelled",
    "name_owners",
    "name_subjects",
    "passing_signals",
    "read_people",
    "store_records",
    "store_stretches",
    "upside_down",
]
