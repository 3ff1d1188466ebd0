"""Splits: manifests, their audit, and the materialized sets."""

from cuffless.splits.audit import audit_split, audited_split, range_overlap, require_clean
from cuffless.splits.draw import SUBSETS, Split, SplitError, draw_split
from cuffless.splits.materialize import materialize

__all__ = [
    "SUBSETS",
    "Split",
    "SplitError",
    "audit_split",
    "audited_split",
    "draw_split",
    "materialize",
    "range_overlap",
    "require_clean",
]
