"""The simulated cohort: recordings with known beats, written in the layout of MIMIC."""

from cuffless.simulator.population import SubjectParameters, sample_parameters, subject_name
from cuffless.simulator.subject import SimulatedSubject, simulate_subject
from cuffless.simulator.writer import record_name, write_cohort, write_subject

__all__ = [
    "SimulatedSubject",
    "SubjectParameters",
    "record_name",
    "sample_parameters",
    "simulate_subject",
    "subject_name",
    "write_cohort",
    "write_subject",
]
