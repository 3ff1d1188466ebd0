"""What cuffless costs: CPU time beside a numerical floor, memory, rates, and the default study's time.

``python -m benchmarks`` runs all; docs/benchmarks.md says what each row means.
"""
