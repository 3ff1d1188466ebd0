"""Personalization: what a part of a subject's own windows does for a network that was trained on other people.

Its modules are imported by name, so that a job's results depend on the code that made them and on no other:
`draw` and `audit` of the windows, `predictions` of a fine-tuned network, `judgement` of all of them, `cuff` values.
"""
