"""A custom method, named `module:function`: from colours or frames to a pulse wave."""

import ast
import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.errors import describe_error
from cuffless.own_code import custom_file, custom_function

LEAST_HZ = 17.0
"""Values per second that a wave needs, unless there are fewer frames: enough for the pass band of 0.5-8 Hz."""
_LATE = 1.0  # s: times may lie so far outside those of the frames
_SLACK = 0.9  # of the frame rate, which jitters


class MethodError(ValueError):
    """A custom method that fails or breaks its contract: it names the method, the value and the remedy."""


def is_custom(method: str) -> bool:
    """Whether a method is a user's ``module:function``."""
    return ":" in method


def takes_frames(method: str) -> bool:
    """Whether a method takes the frames of a video; False if it takes colours.

    Parameters
    ----------
    method : str
        A custom method with one argument takes frames, one with three takes times, colours and frame rate.

    Raises
    ------
    MethodError
        If it is a custom method that cannot be found or takes something else.

    Notes
    -----
    The arguments are read from the module's text where it has a ``def``, because importing a module that holds a
    network takes seconds, and every job of a study asks.
    """
    if not is_custom(method):
        return False
    signature = _written(method) or _imported(method)
    if _binds(signature, 1):
        return True
    if _binds(signature, 3):
        return False
    raise MethodError(f"method {method} takes {signature}; it must take (frames), or (times, rgb, fps)")


def wave_of_colours(method: str, t: np.ndarray, rgb: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Pulse wave of a stretch of colours by a custom method.

    Parameters
    ----------
    method : str
        ``module:function``, called as ``function(times, rgb, fps)``.
    t : (n,) float array
        Seconds, evenly spaced.
    rgb : (n, 3) float array
        Mean red, green and blue.
    fps : float
        Frames per second.

    Returns
    -------
    times, wave : (m,) float arrays
        Seconds, strictly increasing, and the wave, scaled to at most 1; empty if the function gives none.

    Raises
    ------
    MethodError
        If the function cannot be imported or fails, or returns something else than its contract says.
    RppgError
        Raised by the function: why these colours have no wave.
    """
    found = _call(method, load_method(method), t.copy(), rgb.copy(), fps)
    return _checked(method, found, t)


def wave_of_frames(method: str, frames: Iterable[tuple[float, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Pulse wave of a video by a custom method, in one pass over its frames.

    Parameters
    ----------
    method : str
        ``module:function``, called as ``function(frames)`` with an iterator of (seconds, (height, width, 3) uint8
        array of red, green and blue). Only the frames that the function keeps are in memory.
    frames : iterable of (t, (height, width, 3) uint8 array)
        Blue, green, red.

    Returns
    -------
    times, wave
        As from `wave_of_colours`.

    Raises
    ------
    MethodError, RppgError
        As for `wave_of_colours`; an `RppgError` also if the video cannot be read.
    """
    given: list[float] = []
    faults: list[BaseException] = []

    def turned() -> Iterator[tuple[float, np.ndarray]]:
        try:
            for t, frame in frames:
                given.append(t)
                yield t, np.ascontiguousarray(frame[:, :, ::-1])
        except Exception as error:
            faults.append(error)
            raise

    try:
        found = _call(method, load_method(method), turned())
    except MethodError:
        if faults:
            raise faults[0] from None
        raise
    if faults:  # the function went on without the rest
        raise faults[0]
    return _checked(method, found, np.array(given))


def load_method(method: str) -> Callable:
    """Import a custom method; raises `MethodError` if that fails."""
    try:
        return custom_function(method, "method", "my_method:run")
    except ValueError as error:
        raise MethodError(str(error)) from error


def _written(method: str) -> inspect.Signature | None:
    """Arguments as written in the module's file; None where there is no such file or ``def``."""
    path = custom_file(method)
    try:
        tree = ast.parse(path.read_bytes()) if path else ast.Module([], [])
    except (SyntaxError, ValueError):
        return None  # the import tells
    name = method.partition(":")[2]
    for node in reversed(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            arguments = node.args
            for argument in ast.walk(arguments):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
            nothing = ast.Constant(None)
            arguments.defaults = [nothing for _ in arguments.defaults]
            arguments.kw_defaults = [default and nothing for default in arguments.kw_defaults]
            bare = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, nothing)))
            return inspect.signature(eval(compile(bare, name, "eval")))  # nothing of the user's is left in it
    return None


def _imported(method: str) -> inspect.Signature:
    try:
        return inspect.signature(load_method(method))
    except TypeError as error:
        raise MethodError(f"method {method}: its arguments cannot be read ({error}); write it with def") from error


def _binds(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _call(method: str, function: Callable, *arguments) -> Any:
    try:
        return function(*arguments)
    except RppgError:
        raise
    except (Exception, SystemExit) as error:  # a user's function may raise anything
        why = describe_error(error, 200)
        raise MethodError(f"method {method} fails: {why}{_line(error, function)}; correct it") from error


def _line(error: BaseException, function: Callable) -> str:
    """Where in the user's file an error arose."""
    own = custom_file(getattr(function, "__module__", None) or "")
    lines = [step for step in traceback.extract_tb(error.__traceback__) if own and Path(step.filename) == own]
    return f" ({own.name}, line {lines[-1].lineno})" if own and lines else ""


def _checked(method: str, found: Any, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a function returned, as arrays that keep its contract."""
    times, wave = _arrays(method, found, given)
    bad = int((~np.isfinite(times) | ~np.isfinite(wave)).sum())
    if bad:
        raise MethodError(
            f"method {method} returns {bad} of {len(wave)} values that are not finite; leave out times without a wave"
        )
    if not len(wave):
        return times, wave
    steps = np.diff(times)
    if (steps <= 0).any():
        at = int(np.argmax(steps <= 0))
        raise MethodError(
            f"method {method} returns times that do not increase: {times[at + 1]:g} s after {times[at]:g} s; return "
            "(times, wave), the times in seconds and each once"
        )
    if times[0] < given[0] - _LATE or times[-1] > given[-1] + _LATE:
        raise MethodError(
            f"method {method} returns times from {times[0]:g} to {times[-1]:g} s, but those given are from "
            f"{given[0]:g} to {given[-1]:g} s; return seconds of the same clock"
        )
    if len(steps):
        rate, least = 1 / np.median(steps), min(LEAST_HZ, _SLACK / np.median(np.diff(given)))
        if rate < least:
            raise MethodError(
                f"method {method} returns {rate:.3g} values per second; return at least {least:.3g}, or one per frame"
            )
    return times, wave / (np.abs(wave).max() or 1.0)


def _arrays(method: str, found: Any, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times and wave of equal length; a wave alone has one value per time given."""
    remedy = "return (times, wave), two arrays of numbers of one length"
    pair = isinstance(found, (tuple, list)) and len(found) == 2 and np.ndim(found[0]) > 0
    times, wave = (_numbers(part) for part in (found if pair else (given, found)))
    if times is None or wave is None:
        raise MethodError(f"method {method} returns {type(found).__name__} without an array of numbers; {remedy}")
    if times.ndim != 1 or wave.ndim != 1:
        shapes = f"{times.shape} and {wave.shape}" if pair else f"{wave.shape}"
        raise MethodError(f"method {method} returns an array of shape {shapes}; {remedy}")
    if len(times) != len(wave):
        whose = "times" if pair else "times given"
        raise MethodError(f"method {method} returns {len(wave)} values for {len(times)} {whose}; {remedy}")
    return times, wave


def _numbers(values: Any) -> np.ndarray | None:
    """A copy as floats; None if these are not numbers."""
    try:
        array = np.asarray(values)
        return array.astype(float) if array.dtype.kind in "iufV" else None  # V: bfloat16
    except Exception:  # an array of another library, or rows of several lengths
        return None
