"""Figure 1 and the figure of networks: the essentials of each network, and none of its parameters lost."""

from itertools import pairwise

import pytest
from figure_reading import assert_legible, says, words
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from cuffless.config import FigureOptions
from cuffless.figures.condense import MOST_STEPS, condense
from cuffless.figures.paper.fig1 import plot_fig1
from cuffless.figures.study.fig_networks import plot_fig_networks

OPTIONS = FigureOptions(dpi=72)


def layer(name, kind, inputs, output, detail="", units=None, parameters=0):
    return {"name": name, "kind": kind, "detail": detail, "output": output} | {
        "units": units,
        "parameters": parameters,
        "inputs": inputs,
    }


def residual(blocks=3):
    """A network of stages, each of two convolutions and a shortcut, whose length halves."""
    found, last, length = [layer("ppg", "InputLayer", [], [64, 1])], "ppg", 64
    for b in range(blocks):
        length //= 2
        for k, source in enumerate((last, f"b{b}c0r")):
            detail = f"{8 * (k + 1)} filters, kernel 3, stride {2 - k}, linear"
            shape = [length, 8 * (k + 1)]
            found.append(layer(f"b{b}c{k}", "Conv1D", [source], shape, detail, 8 * (k + 1), 100))
            found.append(layer(f"b{b}c{k}n", "BatchNormalization", [f"b{b}c{k}"], shape, parameters=10))
            found.append(layer(f"b{b}c{k}r", "ReLU", [f"b{b}c{k}n"], shape))
        found.append(layer(f"b{b}s", "Conv1D", [last], shape, "16 filters, kernel 1, stride 2, linear", 16, 30))
        found.append(layer(f"b{b}a", "Add", [f"b{b}c1r", f"b{b}s"], shape))
        last = f"b{b}a"
    found.append(layer("pool", "AveragePooling1D", [last], [2, 16], "pool 4, stride 4"))
    found.append(layer("flat", "Flatten", ["pool"], [32]))
    found.append(layer("head", "Dense", ["flat"], [2], "2 units, linear", 2, 66))
    return [*found, layer("mmhg", "PressureScaling", ["head"], [2])]


def chain(count):
    """Layers of kinds that nobody knows."""
    found = [layer("l0", "InputLayer", [], [50, 1])]
    return found + [layer(f"l{k}", f"Kind{k}", [f"l{k - 1}"], [50, 1], parameters=k) for k in range(1, count)]


def parameters(layers):
    return sum(one["parameters"] for one in layers)


def test_a_stage_is_one_step_with_its_shortcut_and_its_pooling():
    steps = condense(residual())
    assert [step.name for step in steps] == ["PPG window", *["3 × Conv1D"] * 3, "Dense"]
    assert [step.words for step in steps[1:]] == [
        "8–16 filters, shortcuts",
        "8–16 filters, shortcuts",
        "8–16 filters, shortcuts, pool 4",
        "2 units",
    ]
    assert [list(step.output) for step in steps[1:]] == [[32, 16], [16, 16], [2, 16], [2]]
    assert [step.inputs for step in steps] == [set(), {0}, {1}, {2}, {3}]


@pytest.mark.parametrize("layers", [residual(), residual(1), chain(5), chain(40)], ids=["residual", "one", "5", "40"])
def test_no_parameter_is_lost_and_steps_only_take_from_earlier_ones(layers):
    steps = condense(layers)
    assert sum(step.parameters for step in steps) == parameters(layers)
    assert all(source < number for number, step in enumerate(steps) for source in step.inputs)
    assert len(steps) <= MOST_STEPS
    assert all(step.inputs for step in steps[1:])


def test_steps_beyond_those_that_have_room_are_counted():
    steps = condense(chain(40))
    assert [step.name for step in steps if "more" in step.name] == ["27 more steps"]
    assert steps[-1].kind == "Kind39"


def test_two_branches_stay_two():
    layers = [
        layer("ppg", "InputLayer", [], [64, 1]),
        layer("wave", "Conv1D", ["ppg"], [64, 8], "8 filters, kernel 3, stride 1, linear", 8, 32),
        layer("spectrum", "Spectrogram", ["ppg"], [8, 9]),
        layer("memory", "GRU", ["wave"], [16], "16 units", 16, 500),
        layer("joined", "Concatenate", ["memory", "spectrum"], [88]),
        layer("head", "Dense", ["joined"], [2], "2 units, linear", 2, 100),
    ]
    steps = condense(layers)
    assert [step.inputs for step in steps] == [set(), {0}, {0}, {1}, {2, 3}]


def test_figure_1_shows_every_step_with_its_shape_and_parameters(layers):
    figure = plot_fig1(layers, OPTIONS)
    texts = [text.get_text() for text in words(figure)]
    for one in condense(layers)[1:]:
        assert one.name in texts
        assert f"{one.parameters:,}" in texts
    assert "875 × 32" in texts
    assert says(figure, "49,922 parameters in all")
    assert figure.get_figheight() < 3


def test_a_network_without_layers_is_named():
    with pytest.raises(ValueError, match="Figure 1: the network has no layer"):
        plot_fig1([], OPTIONS)
    with pytest.raises(ValueError, match="mine has no layer"):
        plot_fig_networks({"mine": []}, OPTIONS)
    with pytest.raises(ValueError, match="no network"):
        plot_fig_networks({}, OPTIONS)


def test_every_network_has_a_schematic_with_its_parameters(layers):
    networks = {"lstm": layers, "resnet": residual(), "my_own": chain(40)}
    figure = plot_fig_networks(networks, OPTIONS)
    assert len(figure.axes) == 3
    for name, own in (("LSTM", layers), ("ResNet", residual()), ("my_own", chain(40))):
        assert says(figure, f"{name}: {parameters(own):,} parameters")
    drawn = [[patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)] for ax in figure.axes]
    assert [len(boxes) for boxes in drawn] == [len(condense(own)) for own in networks.values()]
    heights = {round(ax.transData.transform((0, 1))[1] - ax.transData.transform((0, 0))[1]) for ax in figure.axes[:2]}
    assert len(heights) == 1
    assert_legible(figure)


def test_links_run_from_box_to_box_and_those_that_pass_a_box_beside_it():
    figure = plot_fig1(residual(), OPTIONS)
    (ax,) = figure.axes
    links = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(links) == len(condense(residual()))  # and one to the pressures
    branched = [*chain(3), layer("skip", "Spectrogram", ["l0"], [4, 4])]
    beside = [patch for patch in plot_fig1(branched, OPTIONS).axes[0].patches if isinstance(patch, FancyArrowPatch)]
    shapes = [len(patch._path_original.vertices) for patch in beside]
    assert sorted(shapes) == [2, 2, 2, 4]


@pytest.mark.parametrize("count", [1, 4, 7])
@pytest.mark.parametrize("page", [{}, {"font_size": 12, "width_inch": 3.5}, {"font_size": 14}], ids=str)
def test_words_of_schematics_do_not_lie_on_each_other(layers, count, page):
    options = FigureOptions(dpi=72, **page)
    names = [f"network_of_mine_{k}" for k in range(count)]
    assert_legible(plot_fig_networks(dict.fromkeys(names, residual()), options))
    assert_legible(plot_fig1(layers, options))


def test_boxes_stand_in_the_networks_order(layers):
    (ax,) = plot_fig1(layers, OPTIONS).axes
    rows = [patch.get_y() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert all(one < other for one, other in pairwise(rows))
