"""The results of a training: the network, its history, and the facts of the run."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuffless.files import whole_file

HISTORY_COLUMNS = ("epoch", "loss", "mae", "val_loss", "val_mae", "val_mae_sbp", "val_mae_dbp", "seconds")


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
