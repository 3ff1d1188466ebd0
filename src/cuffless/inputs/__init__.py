"""The input study: cropping, length and derivatives, on the same stretches of signal."""

from cuffless.inputs.comparison import compare_inputs
from cuffless.inputs.draw import draw_stretches, join_labels
from cuffless.inputs.errors import identity_of, input_errors, run_of

__all__ = ["compare_inputs", "draw_stretches", "identity_of", "input_errors", "join_labels", "run_of"]
