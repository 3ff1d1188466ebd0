"""What tests of fine-tuning share: a store of windows, and a run that is stopped and goes on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zarr

from cuffless.windows import create_array


def write_windows(path: Path, ppg: np.ndarray, labels: np.ndarray) -> None:
    """Write windows and their pressures as a store."""
    with zarr.storage.ZipStore(path, mode="w") as opened:
        root = zarr.create_group(opened)
        create_array(root, "labels", labels.shape, "float32", 2)[:] = labels
        create_array(root, "ppg", ppg.shape, "float16", ppg.shape[1])[:] = ppg


def stop_and_go_on(tune: Callable) -> tuple[list[str], tuple]:
    """Interrupt ``tune(log=...)`` when it logs its second line, then call it again.

    Gives the lines that the second call logs, and what it returns.
    """
    said = []

    def stop_after_first(line):
        if said:
            raise KeyboardInterrupt
        said.append(line)

    with pytest.raises(KeyboardInterrupt):
        tune(log=stop_after_first)
    again = []
    return again, tune(log=again.append)
