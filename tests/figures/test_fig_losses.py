"""The figure of trainings shows each of them, and the epoch that was kept."""

import json

import numpy as np
import pandas as pd
import pytest
from figure_reading import assert_legible, below, line

from cuffless.config import FigureOptions
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import all_figures
from cuffless.figures.study.fig_losses import CUT, Training, plot_fig_losses

OPTIONS = FigureOptions(dpi=72)


def history(epochs=12, level=9.0):
    epoch = np.arange(1, epochs + 1)
    return pd.DataFrame({"epoch": epoch, "mae": level - 2 + 4 / epoch, "val_mae": level + 2 / epoch})


def trainings(networks=("alexnet", "lstm"), splits=("nonmixed", "mixed"), seeds=3):
    found = [
        Training(network, split, history(12 + seed), 5)
        for network in networks
        for split in splits
        for seed in range(seeds)
    ]
    return found, pd.DataFrame([{"split": split, "val_mae": 12.5} for split in splits for _ in range(seeds)])


def panels(figure):
    return {ax.get_title("left"): ax for ax in figure.axes}


def test_each_network_and_split_has_a_panel_with_all_its_trainings():
    drawn = panels(plot_fig_losses(*trainings(), OPTIONS))
    assert set(drawn) == {"AlexNet, non-mixed", "AlexNet, mixed", "LSTM, non-mixed", "LSTM, mixed"}
    for ax in drawn.values():
        for label in ("training", "validation", "kept"):
            assert sum(one.get_label() == label for one in ax.lines) == 3
        assert line(ax, "mean regressor").get_ydata()[0] == 12.5
    assert len({ax.get_ylim() for ax in drawn.values()}) == 1


def test_the_epoch_that_was_kept_is_marked_on_the_validation_curve():
    ax = panels(plot_fig_losses(*trainings(seeds=1), OPTIONS))["LSTM, mixed"]
    kept = line(ax, "kept")
    assert list(kept.get_xdata()) == [5]
    assert list(kept.get_ydata()) == [line(ax, "validation").get_ydata()[4]]


def test_many_trainings_have_thin_lines_and_are_counted():
    figure = plot_fig_losses(*trainings(seeds=5), OPTIONS)
    ax = figure.axes[0]
    assert {one.get_linewidth() for one in ax.lines if one.get_label() == "validation"} == {0.6}
    assert "Lines of a panel: 5 trainings (folds, seeds)" in below(figure)
    assert "Lines of a panel" not in below(plot_fig_losses(*trainings(seeds=1), OPTIONS))


def test_an_epoch_far_off_does_not_flatten_the_others_and_the_note_says_so():
    found, means = trainings(seeds=1)
    found[0].history.loc[3, "val_mae"] = 900.0
    figure = plot_fig_losses(found, means, OPTIONS)
    assert figure.axes[0].get_ylim()[1] < 25
    assert f"beyond {CUT:g} times" in below(figure)
    assert "beyond" not in below(plot_fig_losses(*trainings(seeds=1), OPTIONS))


def test_a_network_that_is_fitted_at_once_has_one_mark_for_each_set():
    found, means = trainings(networks=("alexnet",), seeds=1)
    found.append(Training("ridge", "nonmixed", history(1), 1))
    ax = panels(plot_fig_losses(found, means, OPTIONS))["ridge, non-mixed"]
    assert [line(ax, label).get_marker() for label in ("training", "validation")] == ["_", "_"]
    assert ax.get_xlim() == (0.5, 1.5)


def test_without_a_training_there_is_an_error():
    with pytest.raises(ValueError, match="trains no network"):
        plot_fig_losses([], pd.DataFrame({"split": [], "val_mae": []}), OPTIONS)


def test_histories_are_read_from_the_folders_of_folds_and_seeds(tmp_path):
    files = {"histories": [], "runs": [], "means": []}
    for fold in ("every.fold1", "every.fold2"):
        for network, key in (("alexnet", "histories"), ("mean", "means")):
            folder = tmp_path / "training" / fold / network / "seed0"
            folder.mkdir(parents=True)
            history(1 if network == "mean" else 8).to_csv(folder / "history.csv", index=False)
            files[key].append(folder / "history.csv")
        run = tmp_path / "training" / fold / "alexnet" / "seed0" / "run.json"
        run.write_text(json.dumps({"best_epoch": 4}))
        files["runs"].append(run)
    figure = all_figures()["fig_losses"].plot(FigureInputs("fig_losses", files, {}, OPTIONS))
    (ax,) = figure.axes
    assert [list(one.get_xdata()) for one in ax.lines if one.get_label() == "kept"] == [[4], [4]]
    assert_legible(figure)
