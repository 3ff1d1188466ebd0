"""Each figure is declared in its own module, and nowhere else."""

import json
import subprocess
import sys
from importlib import import_module

import pandas as pd
import pytest

from cuffless.config import FigureOptions, StudyConfig, load_config
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import FigureModule, all_figures, figure_dataset, figure_title, figures_of

CAMERA = {"fig9", "figA2", "figA3", "figA4", "figA5"}
SPLITS = {"fig1", "fig4", "fig5", "fig6", "fig7", "fig_losses", "fig_networks"}
FOLDS = [
    {"a": "test", "b": "val", "c": "train"},
    {"a": "train", "b": "test", "c": "val"},
    {"a": "train", "b": "val", "c": "test"},
]


@pytest.mark.parametrize("name", all_figures())
def test_a_declaration_is_that_of_its_module(name):
    declared = all_figures()[name]
    module = import_module(declared.module)
    own = {key: value for key, value in vars(declared).items() if key != "module"}
    assert own == {key: value for key, value in vars(module.FIGURES).items() if key != "module"}
    assert callable(module.plot)
    assert declared.captions[name].endswith(".")


@pytest.mark.parametrize(
    "code",
    [
        "from cuffless.figures.registry import all_figures; all_figures()",
        "import cuffless.report.card, cuffless.figures.names",
    ],
    ids=["figures", "cards"],
)
def test_names_are_known_without_matplotlib(code):
    code = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "cuffless.figures" in done.stdout
    assert "matplotlib" not in done.stdout


def test_a_study_plots_the_figures_of_the_arms_that_it_configures(project, tmp_path):
    assert set(figures_of(StudyConfig())) == SPLITS
    assert set(figures_of(load_config(project / "config.yaml"))) == set(all_figures()) - {"fig_external"}
    assert "fig_external" in figures_of(load_config(project / "config" / "external.yaml"))
    ready = {"source": "ready", "path": str(tmp_path / "windows.h5")}
    tiny = {"networks": {"alexnet": {}}, "study": {"networks": ["alexnet"]}}
    assert set(figures_of(StudyConfig(**tiny, rppg=ready))) == SPLITS, "its windows are not there"
    (tmp_path / "windows.h5").touch()
    assert set(figures_of(StudyConfig(**tiny, rppg=ready))) == SPLITS | CAMERA, "Figure 3 needs videos"


def test_a_figure_shows_the_data_set_of_its_arm(project):
    study = load_config(project / "config.yaml")
    assert figure_dataset("fig7", study) == study.study.dataset
    assert figure_dataset("fig_leakage", study) == study.leakage.dataset


def test_placeholders_of_several_values_give_lists_and_those_of_one_give_paths():
    study = StudyConfig(study={"splits": ["mixed", "nonmixed"], "networks": ["alexnet"]})
    inputs = {"all": "a/{split}.csv", "one": "{first_split}/{schematic}.csv"}
    figure = FigureModule(arm="splits", captions={}, inputs=inputs, settings={"cap": "splits.named.{first_split}.cap"})
    files = figure.input_files(study, "cohort")
    assert files["all"] == ["results/cohort/a/mixed.csv", "results/cohort/a/nonmixed.csv"]
    assert files["one"] == "results/cohort/mixed/alexnet.csv"
    assert figure.setting_values(study) == {"cap": study.splits.named["mixed"].cap}
    with pytest.raises(ValueError, match=r"placeholder \{week\}"):
        FigureModule(arm="splits", captions={}, inputs={"x": "{week}.csv"}).input_files(study, "cohort")


def test_of_a_split_with_folds_the_first_network_is_that_of_its_first_fold():
    named = {"every": {"kind": "kfold"}, "nonmixed": {}}
    for split, fold in (("every", "every.fold1"), ("nonmixed", "nonmixed")):
        study = StudyConfig(study={"splits": [split], "networks": ["alexnet"]}, splits={"named": named})
        [run] = all_figures()["fig1"].input_files(study, "cohort").values()
        assert run == f"results/cohort/training/{fold}/alexnet/seed0/run.json"


def test_windows_of_several_folds_count_once_in_each_set(tmp_path):
    rows = pd.DataFrame({"record": "r", "row": range(6), "subject": list("aabbcc"), "sbp": 120.0, "dbp": 60.0})
    folds = [rows.assign(subset=rows["subject"].map(sets), fold=k) for k, sets in enumerate(FOLDS, 1)]
    pd.concat(folds, ignore_index=True).to_parquet(tmp_path / "every.parquet")
    folds[0].drop(columns="fold").to_parquet(tmp_path / "nonmixed.parquet")
    files = {"manifests": [tmp_path / "every.parquet", tmp_path / "nonmixed.parquet"]}
    manifest = FigureInputs("fig7", files, {}, FigureOptions()).manifests("manifests")
    assert list(manifest.columns) == ["subset", "subject", "sbp", "dbp", "split"]
    sizes = manifest.groupby(["split", "subset"]).size()
    assert sizes["every"].to_dict() == {"test": 6, "train": 4, "val": 4}
    assert sizes["nonmixed"].to_dict() == {"test": 2, "train": 2, "val": 2}


def test_figures_have_titles():
    titles = [figure_title(name) for name in ("fig7", "figA2", "fig_leakage", "fig_of_mine")]
    assert titles == ["Figure 7", "Figure A2", "Leakage", "Figure of mine"]


def test_figure_7_is_plotted_from_files(make_tables, manifest, tmp_path):
    overall, _, bins, _ = make_tables(networks=("lstm",))
    overall.to_csv(tmp_path / "overall.csv", index=False)
    bins.to_csv(tmp_path / "bins.csv", index=False)
    files = {"overall": tmp_path / "overall.csv", "bins": tmp_path / "bins.csv", "manifests": [], "audits": []}
    for split, rows in manifest.groupby("split", sort=False):
        rows.to_parquet(tmp_path / f"{split}.parquet")
        (tmp_path / f"{split}.audit.json").write_text(json.dumps({"identity": ["record"]}))
        files["manifests"] += [tmp_path / f"{split}.parquet"]
        files["audits"] += [tmp_path / f"{split}.audit.json"]
    figure = all_figures()["fig7"].plot(FigureInputs("fig7", files, {}, FigureOptions(dpi=72)))
    assert "each record counts as a subject" in figure.get_supxlabel().replace("\n", " ")
