"""Tests between methods of a design, paired by subject, with the paper's own test beside them."""

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.tests import holm_corrected, ks_windows, paired_test
from cuffless.judgement.measures.cells import Errors
from cuffless.judgement.names import ALL, PRESSURES
from cuffless.judgement.questions import Questions


def contrast_table(errors: Errors, questions: Questions, options: EvaluationOptions) -> pd.DataFrame:
    """Compare methods at the main budget, for each network and for the mean over networks.

    Parameters
    ----------
    errors : Errors
    questions : Questions
    options : EvaluationOptions
        `alpha`, `seed`, and those of the intervals.

    Returns
    -------
    DataFrame
        One row per comparison of a with b, network and pressure: ``comparison, protocol, network, pressure, a, b``; the
        columns of `ks_windows` and `paired_test`, with ``paired_p_holm, paired_significant, family, alpha``.

    Notes
    -----
    Holm's correction is over the rows of one comparison in one protocol: over pressures and networks for single
    networks, over pressures alone for the mean over networks. So a further protocol changes no p-value, and the mean,
    which is no further experiment, takes nothing from the networks it is of.
    """
    rows, differences = [], []
    for name, sides in questions.contrasts.items():
        for network in errors.networks:
            cells = [errors.cell(network, *side) for side in sides]
            differences.append(errors.maes(cells[0]) - errors.maes(cells[1]))
            called = (" ".join(side).replace("_", " ") for side in sides)
            named = {"comparison": name, "protocol": errors.design.name, "network": network}
            named |= dict(zip(("a", "b"), called, strict=True))
            judged = [(errors.main[cell.method, cell.setting], cell.network) for cell in cells]
            rows += [
                {**named, "pressure": pressure, **ks_windows(*judged, p, options)}
                for p, pressure in enumerate(PRESSURES)
            ]
    table = pd.DataFrame(rows).assign(**paired_test(np.concatenate(differences, axis=1), options))
    together = table["network"] == ALL
    return pd.concat([holm_corrected(table[~together], options), holm_corrected(table[together], options)]).sort_index()
