"""Cautions to print with results: the identity of subjects, and leaks that were accepted."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from cuffless.designs.audit import EVIDENCE, HIDDEN_ORDER
from cuffless.identities import PEOPLE
from cuffless.windows.subjects import RUN

_WARNING = "WARNING: "
_HIDDEN = f"{_WARNING}people may be hidden in the order of split {{split}}: neighbours in the {{order}} are more alike "
_HIDDEN += "than chance (p = {p:.3f}), and {count} pairs of them lie in different sets."


def cautions(audits: Mapping[str, Mapping]) -> list[str]:
    """Sentences for the foot of a figure or table; none where patients are named and nothing leaked.

    Parameters
    ----------
    audits : mapping of str to mapping
        Audit of each split, as from `audit_split`, by the split's name.

    Returns
    -------
    list of str
        Each sentence once.
    """
    sentences = []
    for split, audit in audits.items():
        sentences.append(_describe_people(audit))
        if HIDDEN_ORDER in audit.get("undeclared", ()):
            sentences.append(_HIDDEN.format(split=split, **audit["leaks"][HIDDEN_ORDER]))
        if any(kind not in EVIDENCE for kind in audit.get("undeclared", ())):
            warnings = [text for text in audit["warnings"] if text.startswith(f"{split}: leak ")]
            sentences += [f"{_WARNING}{text}." for text in warnings]
    return [sentence for sentence in dict.fromkeys(sentences) if sentence]


def read_cautions(paths: Iterable[str | Path]) -> list[str]:
    """`cautions` of audits in files named ``<split>.audit.json``."""
    return cautions({Path(path).name.partition(".")[0]: json.loads(Path(path).read_text()) for path in paths})


def _describe_people(audit: Mapping) -> str:
    """Note on the identity of subjects, if patients are not named."""
    identities = set(audit.get("identity", ()))
    whose = "Of some records no patient is named" if identities & set(PEOPLE) else "No patient is named"
    if "record" in identities:
        return f"{whose}: each record counts as a subject, and a person with several may be in several sets."
    if RUN in identities:
        counted = "{runs} runs of {records} records whose numbers lie at most {gap} apart".format(**audit["runs"])
        return f"{whose}: subjects are {counted}."
    return ""
