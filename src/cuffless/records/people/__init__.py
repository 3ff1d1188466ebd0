"""Whom records are of, and how old, of which sex and how heavy these people are."""

from cuffless.records.people.identify import identify_people
from cuffless.records.people.subject_table import SubjectTable, read_subjects, subjects_file

__all__ = ["SubjectTable", "identify_people", "read_subjects", "subjects_file"]
