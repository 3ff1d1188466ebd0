"""`cuffless manifest`: a study's manifest from a data set's own table of recordings.

Keys of ``--json``:

- ``manifest``, ``recordings``, ``subjects``, ``used``
- ``excluded {kind of reason: recordings}``
- ``cameras {name: recordings}``, ``conditions {name: recordings in use}``
- ``ppg {measured: recordings, least_hz, greatest_hz, nominal: recordings}``
- ``config``: the section ``rppg`` of a study that uses it
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cuffless.camera.manifest import ManifestError
from cuffless.camera.manifest_making import Made, make_manifest
from cuffless.cli.answers import UsageError, check_output, complain, exit_status, print_json, say
from cuffless.errors import plural, some_of


@dataclass(frozen=True)
class ManifestCall:
    """Arguments of the command; see its options."""

    source: Path
    output: Path
    cameras: Sequence[str] = ()
    columns: Sequence[str] = ()
    subjects: int | None = None
    as_json: bool = False


@exit_status(ManifestError)
def run_manifest(call: ManifestCall) -> str:
    """Run the command; its exit status follows from the reason that it returns."""
    check_output("--output", call.output, (".csv",))
    columns = _mapping(call.columns)
    try:
        made = make_manifest(
            call.source, call.output, columns=columns, cameras=call.cameras, subjects=call.subjects, log=complain
        )
    except OSError as error:
        raise UsageError(f"{error.filename or call.output}: {error.strerror or error}") from None
    if call.as_json:
        print_json(_answer(made))
    else:
        *sentences, section = _sentences(made)
        say("\n".join(sentences))
        print(section)  # left whole, to be pasted
    if all(own.exclude for own in made.recordings):
        return f"no recording can be used: {some_of(made.excluded)}; see the column exclude of {call.output}"
    return ""


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, theirs = (part.strip() for part in pair.partition("="))
        if not sign or not name or not theirs:
            raise UsageError(f"--column {pair}: write NAME=THEIRS, such as --column sbp=systolic")
        if name in found:
            raise UsageError(f"--column {name} is given twice; give each name once")
        found[name] = theirs
    return found


def _answer(made: Made) -> dict:
    used = [own for own in made.recordings if not own.exclude]
    rates = {"least_hz": min(made.rates), "greatest_hz": max(made.rates)} if made.rates else {}
    return {
        "manifest": str(made.path),
        "recordings": len(made.recordings),
        "subjects": len({own.subject for own in made.recordings}),
        "used": len(used),
        "excluded": made.excluded,
        "cameras": {name: n for name, n in made.cameras.items() if name},
        "conditions": made.conditions,
        "ppg": {"measured": len(made.rates), **rates, "nominal": made.nominal},
        "config": {"rppg": _section(made)},
    }


def _section(made: Made) -> dict:
    """The section of a configuration that uses a manifest."""
    section: dict = {"source": "videos", "manifest": made.path.as_posix()}
    if {"before", "after"} <= {name.casefold() for name in made.conditions}:
        section["tuning"] = {"conditions": ["before", "after"]}
    return section


def _sentences(made: Made) -> list[str]:
    answer = _answer(made)
    recordings, subjects = (plural(answer[f"{what}s"], what) for what in ("recording", "subject"))
    said = [f"{made.path}: {recordings} of {subjects}, {answer['used']} to be used"]
    for what in ("cameras", "conditions"):
        known = ", ".join(f"{name} ({n})" for name, n in answer[what].items())
        said += [f"{what}: {known}"] if known else []
    if len(answer["cameras"]) > 1:
        said.append("recordings of several cameras show the same heartbeats; --camera chooses one")
    if made.rates:
        said.append(
            f"contact PPG: {min(made.rates):.2f} to {max(made.rates):.2f} Hz, measured in {len(made.rates)} recordings"
        )
    if made.nominal:
        said.append(f"contact PPG without times: {made.nominal} recordings, whose rate is nominal")
    for kind, n in answer["excluded"].items():
        first = next(own for own in made.recordings if own.exclude.startswith(kind))
        said.append(f"excluded: {n}, {kind} (the first: {first.recording}, {first.exclude.partition(': ')[2]})")
    if left_out := sum(bool(own.notes) for own in made.recordings):
        said.append(f"{left_out} recordings have notes, in the column notes")
    section = _section(made)
    tuning = ", tuning: {conditions: [before, after]}" if "tuning" in section else ""
    return [*said, f"rppg: {{source: videos, manifest: {section['manifest']}{tuning}}}"]
