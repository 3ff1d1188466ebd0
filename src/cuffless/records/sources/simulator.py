"""The simulated cohort, which the workflow writes as WFDB records."""

from cuffless.records.sources.wfdb import WfdbFolder


class SimulatedRecords(WfdbFolder):
    """WFDB records as the simulator wrote them."""
