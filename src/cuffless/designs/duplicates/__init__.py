"""Signals that are in two sets of a split: windows that are copies, and records that are."""

from cuffless.designs.duplicates.audit import audit_duplicates
from cuffless.designs.duplicates.records import copied_records
from cuffless.designs.duplicates.windows import near_duplicates

__all__ = ["audit_duplicates", "copied_records", "near_duplicates"]
