"""Designs: who trains, calibrates and tests in each arm of the study, and the audit of each.

A `Design` is a table with one row per window that takes part, and notes on what differs from what was asked for. Each
arm samples its design from the index of kept windows and its options: `sample_split`, `sample_stretches` (inputs),
`sample_plan` (personalization), `sample_folds` (camera). Each has an audit of one shape (`make_audit`), which
`require_clean` stops at. `fits_of` lists what fine-tuning does with a plan or with folds.
"""

from cuffless.designs.audit import require_clean
from cuffless.designs.design import SUBSETS, Design, DesignError
from cuffless.designs.files import write_design
from cuffless.designs.split import sample_split
from cuffless.designs.split_audit import audit_split, audited_split, range_overlap

__all__ = [
    "SUBSETS",
    "Design",
    "DesignError",
    "audit_split",
    "audited_split",
    "range_overlap",
    "require_clean",
    "sample_split",
    "write_design",
]
