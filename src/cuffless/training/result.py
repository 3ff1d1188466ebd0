"""The results of a training: the network, its history, and the facts of the run."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cuffless.files import whole_file
from cuffless.networks.channels import input_channels
from cuffless.networks.files import predict_outputs
from cuffless.training.backends import Engine
from cuffless.training.intervals import Calibration
from cuffless.training.tables.origin import Origin

HISTORY_COLUMNS = ("epoch", "loss", "mae", "val_loss", "val_mae", "val_mae_sbp", "val_mae_dbp", "seconds")
_AT_ONCE = 8192  # windows


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network."""

    model: Any
    """With the weights that were kept."""
    history: list[dict]
    """One row an epoch: epoch (from 1), loss (mmHg squared), mae (mmHg) of training and validation, validation MAE of
    SBP and of DBP, seconds."""
    facts: dict
    """Options, versions, seed, commit, hardware, time, epochs run, best epoch."""
    state: Path | None = None
    """Folder of the training's state, removed once the results are written."""
    engine: Engine | None = None
    """What trained it, whose compiled network predicts; None: as for any other network."""

    def pressures(self, ppg: np.ndarray) -> np.ndarray:
        """SBP and DBP in mmHg, (n, 2) float32, of windows (n, length)."""
        return self.outputs(ppg)[:, :2]

    def outputs(self, ppg: np.ndarray) -> np.ndarray:
        """All outputs in mmHg, (n, 2 or 6) float32, as from `predict_outputs`, of windows (n, length)."""
        derivatives = bool(self.facts["options"].get("derivatives", False))
        if self.engine is None:
            return predict_outputs(self.model, ppg, derivatives=derivatives)
        parts = [ppg[start : start + _AT_ONCE] for start in range(0, len(ppg), _AT_ONCE)]
        return np.concatenate([self.engine.predict([input_channels(part, derivatives)]) for part in parts])

    def keep_intervals(self, calibration: Calibration) -> None:
        """Have intervals, or why there are none, saved with the network and in the run file.

        Parameters
        ----------
        calibration : Calibration
            Of this network.
        """
        from cuffless.networks.files import add_metadata

        described = calibration.described()
        add_metadata(self.model, intervals=described)
        self.facts["intervals"] = described | (
            {} if calibration.intervals is None else {"holds": calibration.intervals.holds()}
        )

    def keep_origin(self, origin: Origin) -> None:
        """Have it saved with the network and in the run file on whom the network was trained and tested.

        Parameters
        ----------
        origin : Origin
            Of this network.
        """
        from cuffless.networks.files import add_metadata

        described = origin.model_dump(mode="json")
        add_metadata(self.model, origin=described)
        self.facts["origin"] = described

    def save(self, folder: str | Path, *, model: bool = True) -> None:
        """Write `model.keras`, `history.csv` and `run.json`, each whole or not at all; then drop the state.

        Parameters
        ----------
        folder : str or Path
        model : bool
            False: leave out the network, which may be large and never be needed again.

        Raises
        ------
        OSError
            If a file cannot be written; the state is then kept.
        """
        import pandas as pd

        from cuffless.networks.files import save_network

        folder = Path(folder)
        if model:
            save_network(self.model, folder / "model.keras")
        with whole_file(folder / "history.csv") as part:
            pd.DataFrame(self.history, columns=HISTORY_COLUMNS).to_csv(part, index=False)
        with whole_file(folder / "run.json") as part:
            part.write_text(json.dumps(self.facts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        if self.state is not None:
            shutil.rmtree(self.state, ignore_errors=True)
