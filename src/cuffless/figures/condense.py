"""The essentials of a network's layers: what is trained or shortens the signal, like layers together in one step."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_STEPS = 14
"""Of a network with more steps, those in the middle are counted."""
_LAST = 4  # steps that are kept after those which are counted
_LEFT_OUT = ("Normalization", "ReLU", "Activation", "Dropout", "Padding", "Flatten", "Reshape", "PressureScaling")
_JOINS = ("Add", "Concatenate", "Average", "Multiply")
_DULL = {"linear", "stride 1"}


@dataclass
class Step:
    """Layers that are drawn as one box.

    Attributes
    ----------
    kind : str
        Of the layers.
    details : list of str
        Of each layer, and its units or None.
    output : sequence of int or None
        Shape of what leaves the step, without the batch.
    parameters : int
        Of the layers, with those of normalization behind them.
    inputs : set of int
        Steps that feed it, by their number.
    pool : str
        Pooling at its end; empty if there is none.
    shortcut : bool
        Whether a sum inside the step skips some of its layers.
    """

    kind: str
    details: list[tuple[str, int | None]]
    output: Sequence[int | None]
    parameters: int
    inputs: set[int] = field(default_factory=set)
    pool: str = ""
    shortcut: bool = False

    @property
    def name(self) -> str:
        """Kind of its layers, and how many they are."""
        kind = {"InputLayer": "PPG window"}.get(self.kind, self.kind)
        return f"{len(self.details)} × {kind}" if len(self.details) > 1 else kind

    @property
    def words(self) -> str:
        """Sizes of its layers in words, without what is the default."""
        texts = list(dict.fromkeys(_short(detail) for detail, _ in self.details))
        units = [number for _, number in self.details if number is not None]
        if len(texts) > 1 and units:
            low, high, what = min(units), max(units), "filters" if "filters" in texts[0] else "units"
            texts = [f"{low}–{high} {what}" if low < high else f"{low} {what}"]
        parts = [texts[0] if len(texts) == 1 else "", "shortcuts" if self.shortcut else "", self.pool]
        return ", ".join(filter(None, parts))


def condense(layers: Sequence[dict[str, Any]]) -> list[Step]:
    """Reduce a network to the steps that its schematic shows.

    Parameters
    ----------
    layers : sequence of dict
        As from `describe_layers`: ``name, kind, detail, output, units, parameters, inputs``.

    Returns
    -------
    list of Step
        In the network's order, `MOST_STEPS` at most. Layers of one kind that follow each other at one length of the
        signal are one step; pooling belongs to the step before it; normalization, activations and the like are
        left out, their parameters are not.
    """
    steps: list[Step] = []
    behind: dict[str, set[int]] = {}  # the steps that a layer's output comes from
    for layer in layers:
        sources = set().union(*(behind.get(name, set()) for name in layer["inputs"]))
        if sources and _is_minor(layer):
            last = max(sources)
            steps[last].parameters += layer["parameters"]
            behind[layer["name"]] = sources
            if layer["kind"] == "Add" and sources <= steps[last].inputs | {last}:
                steps[last].shortcut |= len(layer["inputs"]) > 1
                behind[layer["name"]] = {last}
        elif len(sources) == 1 and "Pool" in layer["kind"] and not steps[min(sources)].pool:
            step = steps[min(sources)]
            step.pool, step.output = _short(layer["detail"]).split(",")[0] or "pooled", layer["output"]
            behind[layer["name"]] = sources
        else:
            number = _joined(steps, layer, sources)
            if number is None:
                steps.append(Step(layer["kind"], [], layer["output"], 0, sources))
                number = len(steps) - 1
            step = steps[number]
            step.details.append((layer["detail"], layer.get("units")))
            step.output, step.parameters = layer["output"], step.parameters + layer["parameters"]
            behind[layer["name"]] = {number}
    return _shortened(steps)


def _is_minor(layer: dict[str, Any]) -> bool:
    return layer["kind"] in _JOINS or any(part in layer["kind"] for part in _LEFT_OUT)


def _joined(steps: list[Step], layer: dict[str, Any], sources: set[int]) -> int | None:
    """Number of the step that a layer continues, or that it goes beside as a shortcut."""
    for number in range(len(steps) - 1, -1, -1):
        step = steps[number]
        alike = step.kind == layer["kind"] and not step.pool and list(step.output[:-1]) == list(layer["output"][:-1])
        near = sources <= step.inputs | {number} and (number in sources or sources & step.inputs)
        same = len(layer["output"]) > 1 or _short(step.details[-1][0]) == _short(layer["detail"])
        if alike and near and same and sources:
            return number
    return None


def _short(detail: str) -> str:
    return ", ".join(part for part in detail.split(", ") if part not in _DULL)


def _shortened(steps: list[Step]) -> list[Step]:
    """The first steps and the last ones, and between them one that counts the others."""
    if len(steps) <= MOST_STEPS:
        return steps
    first, last = MOST_STEPS - _LAST - 1, len(steps) - _LAST
    middle = steps[first:last]
    place = {old: old if old < first else max(first, old - len(middle) + 1) for old in range(len(steps))}
    counted = Step(
        f"{len(middle)} more steps", [("", None)], middle[-1].output, sum(step.parameters for step in middle)
    )
    counted.inputs = {place[source] for step in middle for source in step.inputs} - {first}
    kept = [*steps[:first], counted, *steps[last:]]
    for step in kept[first + 1 :]:
        step.inputs = {place[source] for source in step.inputs}
    return kept
