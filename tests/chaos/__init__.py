"""The tiny study while workers and engine die, its disk fills and its clock is wrong: ``python -m tests.chaos``."""
