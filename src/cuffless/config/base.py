"""What every option block shares: strict fields, canonical JSON, one-line errors."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Range = tuple[float, float]


class ConfigError(ValueError):
    """A configuration that cannot be used; each line names key, value and what is allowed."""


class Options(BaseModel):
    """Base of all option blocks: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    def canonical(self) -> str:
        """JSON with sorted keys: equal options give equal text, whatever their order or spelling."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


def option(default: Any, **constraints: Any) -> Any:
    """Declare an option with its default and limits; its docstring is its documentation."""
    return Field(default, **constraints)


def one_line_errors(error: ValidationError) -> str:
    """Turn a pydantic error into one line a mistake: key, value, what is allowed."""
    lines = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"]) or "config"
        if item["type"] == "extra_forbidden":
            lines.append(f"{key}: unknown option{_suggest(error, item['loc'])}")
        elif item["type"] == "missing":
            lines.append(f"{key}: required, but not given")
        else:
            message = item["msg"].removeprefix("Value error, ")
            lines.append(f"{key}: {_shorten(item['input'])} is not allowed: {message}")
    return "\n".join(lines)


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _suggest(error: ValidationError, location: tuple) -> str:
    import difflib

    known = _options_by_name()
    fields = known.get(error.title, ())
    if len(location) > 1:
        fields = sorted({name for names in known.values() for name in names})
    near = difflib.get_close_matches(str(location[-1]), fields, n=1, cutoff=0.6)
    if not near:
        near = [f for f in fields if f.lower() == str(location[-1]).lower()]
    return f"; did you mean {near[0]}?" if near else ""


def _options_by_name() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    queue = [Options]
    while queue:
        for model in queue.pop().__subclasses__():
            found[model.__name__] = list(model.model_fields)
            queue.append(model)
    return found
