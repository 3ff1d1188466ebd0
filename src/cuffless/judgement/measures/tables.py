"""Tables of a design's methods: errors, skill, tests between them, subjects one by one, boxes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.ratios import positive_interval
from cuffless.judgement.evidence.skill import skill_ratio
from cuffless.judgement.evidence.tests import holm_corrected, ks_on_windows, ks_windows, paired_test
from cuffless.judgement.measures.cells import Cell, Errors
from cuffless.judgement.measures.errors import mae_tables
from cuffless.judgement.names import ALL, AVERAGES, MEAN, NETWORK, NONE, OFFSET, PRESSURES
from cuffless.judgement.questions import Questions
from cuffless.judgement.table.predictions import JudgedSplit


@dataclass(frozen=True)
class MethodTables:
    """Tables that answer an arm's questions about the methods of a design; all are tidy.

    Every table names ``protocol, network`` (`all`: the mean over networks; `none`: none in it), ``pressure`` and, but
    for `subject_ks` and `contrasts`, ``method, setting, budget``; errors are in mmHg.
    """

    errors: Errors
    questions: Questions
    options: EvaluationOptions

    def mae(self) -> pd.DataFrame:
        """MAE of every method, setting and budget.

        Columns ``average`` (`pooled`: every window counts the same; `subject`: every subject), ``mae, lower, upper,
        interval, confidence, n_subjects, n_windows, n_calibration`` (median over subjects), ``seeds`` (0 where there is
        no network).
        """
        errors, parts = self.errors, []
        cells, maes = list(errors.sums), self._maes(errors.sums)
        counted = {
            "n_windows": [int(errors.design.counts(cell.setting).sum()) for cell in cells],
            "n_calibration": [float(np.median(errors.calibrated(cell))) for cell in cells],
            "seeds": [errors.seeds.get(cell.network, 0) for cell in cells],
        }
        for average, weight in self._weights(cells).items():
            mae = positive_interval(weight * maes, weight, self.options)
            figures = {
                "average": average,
                "mae": mae.estimate,
                "lower": mae.lower,
                "upper": mae.upper,
                "interval": mae.method,
                "confidence": self.options.confidence,
                "n_subjects": len(maes),
            }
            parts.append(pd.DataFrame({**errors.rows_of(cells, **counted), **figures}))
        return pd.concat(parts, ignore_index=True)

    def method_skill(self) -> pd.DataFrame:
        """Share of a baseline's MAE that a network, or its offset correction, removes.

        Columns ``average, baseline`` (of the same setting and budget where it has one), ``skill`` (1 - MAE / MAE of the
        baseline), ``lower, upper, interval, mae, baseline_mae, n_subjects``. Empty where the baseline makes no error.
        Where settings have test windows of their own, the baseline's subjects are weighted by the windows of what is
        compared.
        """
        pairs = [
            (cell, name, against)
            for cell in self.errors.sums
            if cell.network != NONE and cell.setting in self.questions.skilled
            for name in self.questions.baselines
            if (against := self._baseline(name, cell)) is not None
        ]
        cells, names, baselines = (list(column) for column in zip(*pairs, strict=True))
        above, below = self._maes(cells), self._maes(baselines)
        named, parts = self.errors.rows_of(cells, baseline=names), []
        for average, weight in self._weights(cells).items():
            skill = skill_ratio(weight * above, weight * below, weight, self.options)._asdict()
            parts.append(pd.DataFrame({**named, "average": average, **skill, "n_subjects": len(above)}))
        return pd.concat(parts, ignore_index=True)

    def _baseline(self, name: str, cell: Cell) -> Cell | None:
        """The baseline of that name for a cell; None if it would know more than the cell, or is made from it."""
        settings = list(self.errors.design.test)
        if name in settings:
            return Cell(cell.network, NETWORK, name) if settings.index(name) < settings.index(cell.setting) else None
        own = Cell(NONE, name, cell.setting, cell.budget)
        found = [own, own._replace(budget=""), Cell(NONE, name, settings[0])]
        if name == OFFSET:
            found = [cell._replace(method=OFFSET)]
        return next((one for one in found if one in self.errors.sums and one != cell), None)

    def contrasts(self) -> pd.DataFrame:
        """Tests between methods at the main budget, for each network and for the mean over networks.

        Columns ``comparison, a, b``; those of `ks_windows` and `paired_test`; ``paired_p_holm, paired_significant,
        family, alpha``. Holm's correction is over the rows of one comparison in one protocol: over pressures and
        networks for single networks, over pressures alone for the mean over networks. So a further protocol changes no
        p-value, and the mean, which is not another experiment, does not affect the tests of single networks.
        """
        errors, rows, differences = self.errors, [], []
        for name, sides in self.questions.contrasts.items():
            for network in errors.networks:
                cells = [errors.cell(network, *side) for side in sides]
                differences.append(errors.maes(cells[0]) - errors.maes(cells[1]))
                named = {"comparison": name, "protocol": errors.design.name, "network": network}
                called = dict(zip("ab", (" ".join(side).replace("_", " ") for side in sides), strict=True))
                a, b = [(errors.main[cell.method, cell.setting], cell.network) for cell in cells]
                for p, pressure in enumerate(PRESSURES):
                    rows.append({**named, "pressure": pressure, **called, **ks_windows(a, b, p, self.options)})
        table = pd.DataFrame(rows).assign(**paired_test(np.concatenate(differences, axis=1), self.options))
        parts = (
            holm_corrected(table[table["network"].eq(ALL) == together], self.options) for together in (False, True)
        )
        return pd.concat(parts).sort_index()

    def subject_boxes(self) -> pd.DataFrame:
        """Absolute errors of each subject at the main budget, as boxes show them.

        Columns ``number, subject, n_windows, n_calibration, mae``, and of the windows' absolute errors (seeds averaged)
        ``q1, median, q3`` and Tukey's whiskers ``low, high``: the outermost windows within 1.5 times the quartiles'
        distance.
        """
        errors, design, parts = self.errors, self.errors.design, []
        for cell in self.questions.boxes(errors):
            counts, calibrated = design.counts(cell.setting), errors.calibrated(cell)
            by_subject = np.split(errors.windows(cell), np.cumsum(counts)[:-1])
            for s, own in enumerate(by_subject):
                subject = {"number": design.numbers[s], "subject": design.subjects[s]}
                counted = {"n_windows": len(own), "n_calibration": calibrated[s]}
                parts.append(pd.DataFrame({**errors.rows_of([cell]), **subject, **counted, **_box(own)}))
        return self._ordered(pd.concat(parts, ignore_index=True))

    def boxes(self) -> pd.DataFrame:
        """Absolute errors of all subjects' windows together, as Figure 9 shows them.

        Columns ``n_subjects, n_windows, n_calibration`` (median over subjects), ``seeds, mae`` and quartiles and
        whiskers as in `subject_boxes`.
        """
        errors, parts = self.errors, []
        for cell in self.questions.boxes(errors):
            values = errors.windows(cell)
            counted = {
                "n_subjects": len(errors.design.subjects),
                "n_windows": len(values),
                "n_calibration": float(np.median(errors.calibrated(cell))),
                "seeds": errors.seeds.get(cell.network, 0),
            }
            parts.append(pd.DataFrame({**errors.rows_of([cell]), **counted, **_box(values)}))
        return pd.concat(parts, ignore_index=True)

    def subject_ks(self) -> pd.DataFrame:
        """The paper's test on each subject: two-sample Kolmogorov-Smirnov on the absolute errors of its windows.

        At the main budget: ``number, subject, comparison`` (such as `tuned vs before`), ``statistic, p, significant``.
        The test treats windows as independent, which they are not. Of several seeds the largest p is taken.
        """
        errors, design, rows = self.errors, self.errors.design, []
        for network in errors.networks[:-1]:
            for s, (subject, number) in enumerate(zip(design.subjects, design.numbers, strict=True)):
                for p, pressure in enumerate(PRESSURES):
                    named = {"protocol": design.name, "network": network, "pressure": pressure}
                    named |= {"number": number, "subject": subject}
                    for pair in self.questions.ks_pairs:
                        a, b = ((errors.main[NETWORK, setting], network) for setting in pair)
                        statistic, chance = ks_on_windows(a, b, p, s)
                        found = {"statistic": statistic, "p": chance, "significant": chance < self.options.alpha}
                        rows.append({**named, "comparison": " vs ".join(pair), **found})
        return self._ordered(pd.DataFrame(rows))

    def overall(self) -> pd.DataFrame:
        """Rows of the paper's table, as the second of `mae_tables`, the setting as its ``split``.

        The networks in each setting, and the mean regressor.
        """
        tables, main = [], self.errors.main
        for setting in self.questions.paper_settings:
            judged = main[NETWORK, setting]
            predicted = dict(judged.predicted)
            if (MEAN, setting) in main:
                predicted[MEAN, 0] = main[MEAN, setting].predicted[NONE, 0]
            split = JudgedSplit(setting, judged.subjects, judged.owner, judged.reference, predicted)
            tables.append(mae_tables(split, self.options)[1])
        return pd.concat(tables, ignore_index=True)

    def _maes(self, cells) -> np.ndarray:
        return np.concatenate([self.errors.maes(cell) for cell in cells], axis=1)

    def _weights(self, cells: list[Cell]) -> dict[str, np.ndarray]:
        """Weight of each subject's MAE in each average, cells x pressures: (k, m)."""
        counts = [self.errors.design.counts(cell.setting).astype(float) for cell in cells for _ in PRESSURES]
        return dict(zip(AVERAGES, (np.stack(counts, axis=1), np.ones((len(counts[0]), len(counts)))), strict=True))

    def _ordered(self, table: pd.DataFrame) -> pd.DataFrame:
        """Rows by network, pressure and the subject's number."""
        order = {"network": [*self.errors.networks, NONE], "pressure": list(PRESSURES)}
        return table.sort_values(
            [*order, "number"],
            key=lambda column: column.map(order[column.name].index) if column.name in order else column,
            kind="stable",
            ignore_index=True,
        )


def _box(values: np.ndarray) -> dict[str, np.ndarray]:
    """Mean, quartiles ``q1, median, q3`` and Tukey's whiskers ``low, high`` of columns."""
    q1, median, q3 = np.quantile(values, (0.25, 0.5, 0.75), axis=0)
    reach = 1.5 * (q3 - q1)
    low = np.where(values >= q1 - reach, values, np.inf).min(axis=0)
    high = np.where(values <= q3 + reach, values, -np.inf).max(axis=0)
    whiskers = {"low": np.minimum(low, q1), "high": np.maximum(high, q3)}
    return {"mae": values.mean(axis=0), "q1": q1, "median": median, "q3": q3, **whiskers}
