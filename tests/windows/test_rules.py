"""A rejection rule is registered once, in `cuffless.rejection`."""

import numpy as np
from package_copy import copy_package, run_with

from cuffless.config import WindowOptions
from cuffless.rejection import REJECTION_RULES, RULES
from cuffless.windows import Measures, first_broken_rule, judge_labelled

SLOW = """
    Rule("slow", "a window of more than nine seconds", "ppg", lambda m, o: m.seconds > 9),
)

RULES ="""

USE = """
import json
import numpy as np
from cuffless.config import WindowOptions, read_config
from cuffless.config.documentation import option_table, schema
from cuffless.windows import EXPLANATIONS, Measures, count_rejections, first_broken_rule
from cuffless.windows.store import quality_columns

options = read_config({"windows": {"rules": ["slow"]}}).windows
measures = Measures.blank(2)
measures.seconds = np.array([8.0, 10.0])
print(json.dumps({
    "default": WindowOptions().rules[-1],
    "documented": '"slow"' in option_table() and '"slow"' in schema(),
    "explained": EXPLANATIONS["slow"],
    "counted": count_rejections(first_broken_rule(measures, options, has_abp=False), options),
    "column": "slow" in quality_columns(options),
}))
"""


def test_a_rule_is_added_in_one_file(tmp_path):
    file = copy_package(tmp_path) / "rejection.py"
    text = file.read_text()
    assert text.count(")\n\nRULES =") == 1
    file.write_text(text.replace(")\n\nRULES =", SLOW.lstrip("\n")))
    assert run_with(tmp_path, USE) == {
        "default": "slow",
        "documented": True,
        "explained": "a window of more than nine seconds",
        "counted": {"slow": 1},
        "column": True,
    }


def clean(n):
    """Measures of windows that break no rule."""
    known = {"start": 0, "seconds": 7, "sbp": 120, "dbp": 60, "hr": 60, "snr": 5, "abp_rate": 60, "pulses": 7}
    measures = Measures.blank(n)
    for name, value in (known | {"beats": 7, "spread_sbp": 1, "spread_dbp": 1}).items():
        setattr(measures, name, np.full(n, value))
    return measures


BREAKS = {
    "missing": {"missing": True},
    "flat": {"flat": True},
    "saturated": {"saturated": True},
    "beats": {"beats": 1},
    "hr": {"hr": 49.0},
    "sbp": {"sbp": 166.0},
    "dbp": {"dbp": np.nan},
    "pulse_pressure": {"sbp": 76.0, "dbp": 62.0},
    "spread": {"spread_dbp": 20.5},
    "rates": {"abp_rate": 65.5},
    "pulses": {"pulses": 9},
    "snr": {"snr": -7.1},
}


def broken_by(rule):
    measures = clean(2)
    for name, value in BREAKS[rule].items():
        setattr(measures, name, np.array([getattr(measures, name)[0], value]))
    return measures


def test_each_rule_rejects_what_breaks_it_and_nothing_else():
    assert set(BREAKS) == set(RULES)
    for rule in RULES:
        options = WindowOptions(rules=(rule,))
        assert first_broken_rule(broken_by(rule), options).tolist() == [-1, 0], rule


def test_what_a_rule_needs_decides_when_it_rejects():
    for rule in REJECTION_RULES:
        options = WindowOptions(rules=(rule.name,))
        measures = broken_by(rule.name)
        by_signal = first_broken_rule(measures, options, has_abp=False)
        labelled, counts = judge_labelled(measures, options, labelled=True, missing=0)
        assert by_signal[1] == (0 if rule.needs == "ppg" else -1), rule.name
        assert labelled[1] == (-1 if rule.needs == "beats" else 0), rule.name
        assert counts == {rule.name: int(rule.needs != "beats")}


def test_labels_are_judged_only_where_they_are_known():
    measures = clean(3)
    measures.sbp = np.array([200.0, 200.0, 120.0])
    options = WindowOptions(rules=("missing", "sbp"))
    verdict, rejected = judge_labelled(measures, options, labelled=np.array([True, False, True]), missing=2)
    assert verdict.tolist() == [1, -1, -1]
    assert rejected == {"missing": 2, "sbp": 1}
