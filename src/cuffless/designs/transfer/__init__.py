"""A network on people of another data set: who of them helps it, how its outputs are moved, and what may leak."""

from cuffless.designs.transfer.audit import audit_transfer, require_same_length
from cuffless.designs.transfer.lines import Line, fit_line, shift_to_mean
from cuffless.designs.transfer.people import sample_people

__all__ = ["Line", "audit_transfer", "fit_line", "require_same_length", "sample_people", "shift_to_mean"]
