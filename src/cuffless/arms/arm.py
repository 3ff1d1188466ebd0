"""The definition of an arm, and the results of judging one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from cuffless.files import whole_file
from cuffless.judgement import Judgement
from cuffless.judgement.questions import Questions


@dataclass(frozen=True)
class Judged:
    """Results of an arm: tables by file name, texts such as a summary, and the judgement against baselines."""

    tables: Mapping[str, pd.DataFrame]
    texts: Mapping[str, str] = field(default_factory=dict)
    judgement: Judgement | None = None

    def write(self, paths: Iterable[str | Path]) -> None:
        """Write the tables and texts that files are named after, each whole or not at all."""
        for path in map(Path, paths):
            if path.stem in self.tables:
                with whole_file(path) as part:
                    self.tables[path.stem].to_csv(part, index=False, lineterminator="\n")
            elif path.stem in self.texts:
                with whole_file(path) as part:
                    part.write_text(self.texts[path.stem], encoding="utf-8")


@dataclass(frozen=True)
class Arm:
    """One way to divide people into those who train, calibrate and test."""

    name: str
    tables: tuple[str, ...]
    """Tables that its judgement gives, by the names of their files."""
    judge: Callable[[Any, Any, Path], Judged]
    """Judges the arm from files: ``judge(files, params, resources)`` with the inputs and parameters of its rule and the
    folder of what the paper found, and returns `Judged`."""
    questions: Questions | None = None
    """What is compared, where networks are judged in several settings."""
