"""What README and guide show of commands' output is what the commands print, number for number's place."""

import json
import os
import re
import shlex
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from cuffless.camera.skin.trace import Trace, save_trace
from cuffless.cli import app
from cuffless.config import MeanOptions, SimulatorOptions, WindowOptions
from cuffless.simulator import simulate_subject, write_subject
from docs.made.printed import COLUMNS, PAGES, output_of, parts_of, results_used, rewritten, wrapped

# Keras 3 under numpy 2.4 reads arrays by a protocol whose argument it does not take yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
INTERVALS = {
    "level": 0.9, "method": "plain", "quantile": [30.0, 17.0], "persons": 24, "windows": 928, "new_people": True,
    "difficulty": None,
}  # fmt: skip
TRAINED = "results/cohort/training/nonmixed/alexnet/seed0"


def predictions(rng):
    """A table as of the default study's AlexNet: 39 people tested, 100 trained on, predictions pulled to the mean."""
    owner = np.repeat(np.arange(139), 10)
    reference = rng.normal((118, 62), (19, 9), (139, 2))[owner] + rng.normal(0, 4, (1390, 2))
    reference[:, 0] = np.maximum(reference[:, 0], reference[:, 1] + 15)
    predicted = 0.4 * reference + 0.6 * np.array([118, 62]) + rng.normal(0, (9, 6), (1390, 2))
    table = pd.DataFrame(reference, columns=["sbp_ref", "dbp_ref"])
    table[["sbp", "dbp"]] = predicted
    table["subject"] = table["record"] = np.char.add("p", owner.astype(str))
    table["subset"] = np.where(owner < 39, "test", "train")
    table["hr"], table["network"], table["split"] = rng.normal(80, 9, 139)[owner], "alexnet", "nonmixed"
    table["start"], table["seconds"], table["seed"] = np.tile(np.arange(10) * 50.0, 139), 5.0, 0
    for name, half in (("sbp", 30), ("dbp", 17)):
        table[f"{name}_lo"], table[f"{name}_hi"] = table[name] - half, table[name] + half
    table.loc[table["subset"] == "train", "sbp":"dbp"] = np.nan
    return pa.Table.from_pandas(table).replace_schema_metadata({"cuffless": json.dumps({"level": 0.9})})


def colours(rng):
    """A face of three regions, as of the default study's second recording: six minutes of a pulse of 90 bpm."""
    t = np.arange(7200) / 20
    pulse = np.sin(2 * np.pi * 1.5 * t) + 0.3 * np.sin(4 * np.pi * 1.5 * t)
    rgb = np.array([170, 151, 129.0]) * (1 - 0.008 * pulse[:, None, None] * np.array([0.33, 0.77, 0.53]))
    rgb = np.repeat(rgb, 3, axis=1) * (1 + rng.normal(0, 0.002, (7200, 3, 3)))
    names = ("forehead", "cheek_left", "cheek_right")
    return Trace(t=t, rgb=rgb, n_pixels=np.full((7200, 3), 400), rois=names, fps=20.0, stamps="file")


@pytest.fixture(scope="module")
def results(tmp_path_factory, project):
    """The files of the default study that the commands read, or small ones like them."""
    from cuffless.networks import build_network, save_network

    folder = tmp_path_factory.mktemp("toured")
    cohort = yaml.safe_load((project / "config.yaml").read_text())["simulator"]
    options = SimulatorOptions(**cohort)
    for number in (8, 10):  # the very recordings: a person does not depend on the others
        write_subject(simulate_subject(number, options), folder / "results" / "cohort" / "raw", options)
    (folder / TRAINED).mkdir(parents=True)
    windows = WindowOptions(samples_per_beat=25)
    metadata = {"windows": windows.model_dump(mode="json"), "intervals": INTERVALS}
    labels = {"label_mean": (118, 61), "label_sd": (19, 8)}
    model = build_network(MeanOptions(), (windows.samples, 1), **labels, metadata=metadata)
    save_network(model, folder / TRAINED / "model.keras")
    pq.write_table(predictions(np.random.default_rng(0)), folder / TRAINED / "predictions.parquet")
    traces = folder / "results" / "cohort" / "camera" / "traces"
    traces.mkdir(parents=True)
    save_trace(colours(np.random.default_rng(1)), traces / "v002.npz")
    return folder


@pytest.fixture(scope="module")
def printed(results):
    """What a command prints on these files; each is carried out once, in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import wfdb  # noqa: F401  imported for its warning alone
    known = {}

    def run(command):
        if command not in known:
            before, _, pipe = command.partition(" | head -")
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(results)
                patch.setenv("COLUMNS", str(COLUMNS))
                done = CliRunner().invoke(app, shlex.split(before)[1:])
            lines = done.stdout.splitlines()
            known[command] = wrapped([*lines[: int(pipe or len(lines))], *done.stderr.splitlines()])
        return known[command]

    return run


def shape(lines):
    """What begins each line, without numbers, padding, and where a text was wrapped."""
    heads, message = [], False
    for line in lines:
        message = message or line.startswith("cuffless: ")
        if message and not line.startswith("cuffless: "):
            continue  # the rest of a message
        line = re.sub(r"[-−+]?\d[\d,.]*", "#", line.rstrip())
        words = line.split()[: 1 if message else 2]
        if words and not re.match(r" {3,}", line):
            heads.append(" ".join(words).split("#")[0])
    return heads


def all_parts():
    from docs.made.pictures import PROJECT

    return [(name, *part) for name in PAGES for part in parts_of((PROJECT / name).read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "command", "shown"), all_parts())
def test_a_page_shows_what_its_command_prints(printed, page, command, shown):
    assert shape(shown.splitlines()) == shape(printed(command)), "run `make pictures`"


@pytest.mark.parametrize(("page", "command", "shown"), all_parts())
def test_what_is_shown_fits_a_terminal(page, command, shown):
    lines = shown.splitlines()
    assert max(map(len, lines)) <= COLUMNS
    assert len(lines) <= 40


def test_the_tour_has_four_commands(project):
    parts = parts_of((project / "README.md").read_text(encoding="utf-8"))
    assert [command.split()[1] for command, _ in parts] == ["inspect", "predict", "judge", "pulse"]


def test_the_recordings_of_the_tour_are_those_of_the_default_study(printed):
    """Rounded pressures do not depend on the processor."""
    (command,) = {
        command for _, command, _ in all_parts() if command.startswith("cuffless inspect") and "p000010" in command
    }
    assert any("61.8" in line for line in printed(command))


def test_results_that_the_commands_read_are_known(project):
    assert results_used(project) == [
        "results/cohort/camera/traces/v002.npz",
        f"{TRAINED}/model.keras",
        f"{TRAINED}/predictions.parquet",
    ]


PAGE = """```
cuffless inspect absent \\
    --json    # a remark
```

<!-- printed -->

```text
old
```

<!-- end of printed -->

```text
cuffless: kept as it is
```
"""


def test_a_part_is_replaced_by_what_the_command_before_it_prints(monkeypatch, tmp_path):
    from docs.made import printed as module

    asked = []
    monkeypatch.setattr(module, "output_of", lambda command, results: asked.append(command) or "new")
    assert rewritten(PAGE, tmp_path) == PAGE.replace("old", "new")
    assert asked == ["cuffless inspect absent --json"]
    assert parts_of(PAGE) == [("cuffless inspect absent --json", "old")]


def test_commands_run_beside_the_results_and_wrong_use_is_an_error(tmp_path, monkeypatch):
    from docs.made import printed as module

    (tmp_path / "there").touch()

    def run(arguments, **given):
        assert os.path.exists(os.path.join(given["cwd"], "results", "there"))
        return SimpleNamespace(returncode=int(arguments[-1][-1]), stdout="a  \nb\n", stderr="m " * 100)

    monkeypatch.setattr(module.subprocess, "run", run)
    assert output_of("cuffless 1", tmp_path).splitlines()[:2] == ["a", "b"]
    assert max(map(len, output_of("cuffless 0", tmp_path).splitlines())) <= COLUMNS
    with pytest.raises(RuntimeError, match="exit status 2"):
        output_of("cuffless 2", tmp_path)
