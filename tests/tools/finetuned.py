"""What tests of fine-tuning share: a store of windows, and a run that is stopped and goes on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cuffless.windows import ZarrFile


def write_windows(path: Path, ppg: np.ndarray, labels: np.ndarray) -> None:
    """Write windows and their pressures as a store."""
    with ZarrFile(path, {}) as opened:
        opened.add_array("labels", labels.shape, "float32").append(labels)
        opened.add_array("ppg", ppg.shape, "float16").append(ppg)


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
