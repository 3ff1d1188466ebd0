"""Requirements of a study before it runs: hours of signal, disk space, jobs."""

from cuffless.planning.disk import Store, folder_bytes, judge_disks
from cuffless.planning.holdings import Holdings, holdings_of, read_holdings
from cuffless.planning.jobs import count_jobs
from cuffless.planning.plan import make_plan

__all__ = [
    "Holdings",
    "Store",
    "count_jobs",
    "folder_bytes",
    "holdings_of",
    "judge_disks",
    "make_plan",
    "read_holdings",
]
