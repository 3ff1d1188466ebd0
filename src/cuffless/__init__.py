"""Blood pressure from PPG and rPPG, judged on people that a network has never seen."""

__version__ = "0.1.0"
