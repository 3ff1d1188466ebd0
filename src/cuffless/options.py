"""Base of all option blocks: strict fields, canonical JSON, one-line errors."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from cuffless.errors import CufflessError, shortened

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
Range = tuple[float, float]
_MOST_MISTAKES = 20
_LARGEST = 10**12  # whole number: all counts stay far below, and what is computed from them stays in range


class ConfigError(CufflessError):
    """A configuration that cannot be used; each line names key, value and what is allowed."""


class Options(BaseModel):
    """Base of all option blocks: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _countable(cls, value: Any) -> Any:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int) and abs(one) > _LARGEST:
                raise ValueError("whole numbers may not exceed 10^12")
        return value

    def canonical(self) -> str:
        """JSON with sorted keys: equal options give equal text, whatever their order or spelling."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


def option(default: Any, **constraints: Any) -> Any:
    """Declare an option with its default and limits; its docstring is its documentation."""
    return Field(default, **constraints)


def once_each(value: tuple) -> tuple:
    """Validate that no value is given twice."""
    if len(set(value)) != len(value):
        raise ValueError("values must be unique")
    return value


def one_line_errors(error: ValidationError) -> str:
    """Turn a pydantic error into one line per mistake: key, value, what is allowed."""
    lines: dict[tuple, str] = {}
    for item in sorted(error.errors(), key=lambda item: len(item["loc"])):
        location = item["loc"]
        if location[:1] == ("networks",) and len(location) > 2:
            location = location[:2] + location[3:]  # pydantic puts the architecture between
        message = item["msg"].removeprefix("Value error, ")
        key = ".".join(shortened(part) for part in location)
        if item["type"] == "extra_forbidden":
            line = f"{key}: unknown option{_suggest(location)}"
        elif item["type"] == "missing":
            line = f"{key}: required, but not given"
        elif not location:
            line = message
        else:
            line = f"{key}: {_shown(item['input'])} is not allowed: {message}"
        # A mistake in a stage's section recurs in each named block laid over it: report it once.
        lines.setdefault((location[-1:], _shown(item["input"]), item["type"]) if location else (line,), line)
    mistakes = list(lines.values())
    more = len(mistakes) - _MOST_MISTAKES
    return "\n".join(mistakes[:_MOST_MISTAKES] + ([f"and {more} more mistakes"] if more > 0 else []))


def _shown(value: Any) -> str:
    try:
        return shortened(repr(value))
    except ValueError:  # Python refuses to print numbers of thousands of digits
        return "a number of thousands of digits"


def _suggest(location: tuple) -> str:
    import difflib

    known = sorted(_all_options())
    name = str(location[-1])
    near = [option for option in known if option.lower() == name.lower()]
    near = near or difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def _all_options() -> set[str]:
    names: set[str] = set()
    queue = [Options]
    while queue:
        for model in queue.pop().__subclasses__():
            names |= set(model.model_fields)
            queue.append(model)
    return names
