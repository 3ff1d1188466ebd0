"""Designs: who trains, calibrates and tests in each arm of the study, and the audit of each design."""

from cuffless.designs.audit import audit_split, audited_split, range_overlap, require_clean
from cuffless.designs.split import SUBSETS, Split, SplitError, sample_split

__all__ = [
    "SUBSETS",
    "Split",
    "SplitError",
    "audit_split",
    "audited_split",
    "range_overlap",
    "require_clean",
    "sample_split",
]
