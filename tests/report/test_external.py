"""The external test in a study's report."""

import pandas as pd
import pytest

from cuffless.config import TRANSFERS
from cuffless.report.study.contents import collect_report
from cuffless.report.study.external import external_rows, external_sentences, external_table
from cuffless.report.study.page import write_report


@pytest.fixture
def transfer():
    """Two data sets: networks of `ward` are better on `lab`, those of `lab` worse on `ward`; DBP is not shown."""
    rows = []
    for trained, tested in (("ward", "ward"), ("lab", "ward"), ("ward", "lab"), ("lab", "lab")):
        for setting in TRANSFERS if trained != tested else TRANSFERS[:1]:
            known = ["tested_mean"] + ["trained_mean", "own_network"] * (trained != tested)
            for baseline in known:
                for pressure in ("SBP", "DBP"):
                    skill = {"lab": 0.3, "ward": -0.3}[tested] if pressure == "SBP" else 0.0
                    row = {"trained_on": trained, "tested_on": tested, "setting": setting, "network": "alexnet"}
                    row |= {"baseline": baseline, "pressure": pressure, "skill": skill, "lower": skill - 0.1}
                    row |= {"upper": skill + 0.1, "mae": 12.5, "n_subjects": 9, "paired_p_holm": 0.04}
                    rows += [row | {"average": "subject"}, row | {"average": "pooled", "mae": 99.0}]
    return pd.DataFrame(rows)


def test_a_row_has_the_skill_against_each_baseline(transfer):
    rows = external_rows(transfer)
    assert len(rows) == 2 * (1 + len(TRANSFERS)) * 2
    assert set(rows["mae"]) == {12.5}
    own = rows["trained_on"] == rows["tested_on"]
    assert rows.loc[own, ["skill_trained_mean", "skill_own_network"]].isna().all(axis=None)
    assert rows.loc[~own, ["skill_tested_mean", "skill_trained_mean", "skill_own_network"]].notna().all(axis=None)


def test_a_sentence_counts_the_networks_that_are_better_elsewhere(transfer):
    sbp, dbp = external_sentences(external_rows(transfer))
    assert sbp.text.startswith("2 networks on other data sets, against the mean there: as trained: 1 better, 1 worse;")
    assert sbp.verdict == "not shown"
    assert "line fitted on a few people there: 2 not shown to be better." in dbp.text
    better = external_rows(transfer[transfer["tested_on"] == "lab"])
    assert external_sentences(better)[0].verdict == "better"


def test_the_table_names_a_data_sets_own_networks(transfer):
    table = external_table(external_rows(transfer), transfer)
    written = [row.cells for row in table.rows]
    assert written[0][:6] == ("ward", "ward (its own)", "AlexNet", "", "SBP", "12.5")
    assert written[2][1:4] == ("lab", "AlexNet", "as trained")
    assert written[2][6] == "−0.30 [−0.40, −0.20]"


def test_the_report_has_the_section_and_names_shared_people(transfer, tmp_path):
    transfer.to_csv(tmp_path / "transfer.csv", index=False)
    leak = {"count": 2, "examples": ["p7", "p9"], "declared": False, "verdict": "found", "reason": "names"}
    audit = {"arm": "external", "trained_on": "lab", "tested_on": "ward", "leaks": {"shared_subject": leak}}
    audit |= {"undeclared": ["shared_subject"], "warnings": ["lab to ward: shared_subject (2, e.g. p7)"], "notes": []}
    path = tmp_path / "lab.audit.json"
    pd.Series(audit).to_json(path)
    write_report(
        collect_report({"external": tmp_path / "transfer.csv", "external_audits": [path]}), tmp_path / "report.html"
    )
    page = (tmp_path / "report.html").read_text()
    assert "On other people&#39;s data (external test)" in page
    assert "2 networks on other data sets" in page
    assert "external test, lab to ward: shared subject, 2" in page
    assert "p7, p9" in page
    write_report(collect_report({}), tmp_path / "empty.html")
    assert "external test" not in (tmp_path / "empty.html").read_text()
