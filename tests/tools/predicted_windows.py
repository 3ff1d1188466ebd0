"""Windows of people with a predictor's errors, as the screens of the standards take them."""

import numpy as np

from cuffless.judgement.table.predicted import Predicted


def predicted_windows(owner, reference, error, subjects, **given) -> Predicted:
    """Windows of 7 s, one after another, of one record for each of so many subjects.

    `owner` is the number of each window's subject, `reference` its pressures, (n, 2), `error` what is added to them;
    `given` are further fields, or fields to be as given.
    """
    owner = np.asarray(owner)
    n = len(owner)
    usual = {"record": owner, "start": np.arange(n) * 7.0, "seconds": np.full(n, 7.0)}
    return Predicted(
        subjects=np.array([f"s{i:03d}" for i in range(subjects)]),
        owner=owner,
        reference=reference,
        prediction=reference + error,
        **(usual | given),
    )
