"""Which of a recording's channels is the PPG and which the pressure: one rule for all file formats."""

import re
from collections.abc import Sequence

from cuffless.config import ChannelOptions

_NUMBERED = re.compile(r"(.*)#([1-9]\d*)")


def find_channel(names: Sequence[str], known: Sequence[str]) -> int | None:
    """Index of the channel whose name comes first among the known names.

    Parameters
    ----------
    names : sequence of str
        Channels of a recording, in their order.
    known : sequence of str
        Names to look for, in order of preference, compared without regard to case and surrounding blanks. ``PLETH#2``
        is the second channel named PLETH, ``#2`` the second channel whatever its name.

    Returns
    -------
    int or None
        None if there is none. If several channels have the name, the first.
    """
    plain = [_plain(name) for name in names]
    for wanted in map(_plain, known):
        if wanted in plain:  # this includes names that themselves end in #2
            return plain.index(wanted)
        if numbered := _NUMBERED.fullmatch(wanted):
            places = [place for place, name in enumerate(plain) if numbered[1].strip() in ("", name)]
            if int(numbered[2]) <= len(places):
                return places[int(numbered[2]) - 1]
    return None


def duplicate_channel_notes(names: Sequence[str], channels: ChannelOptions, need_abp: bool = True) -> list[str]:
    """Notes on channels that share the name of the chosen one.

    Parameters
    ----------
    names : sequence of str
        Channels of a recording, in their order.
    channels : ChannelOptions
        Names to look for.
    need_abp : bool
        False: the pressure is not looked for.

    Returns
    -------
    list of str
        For example "2 channels are named PLETH; the first is used as PPG (for the second: --ppg 'PLETH#2' ...)"; empty
        if the channel was chosen by number.
    """
    plain = [_plain(name) for name in names]
    notes = []
    for kind in ("ppg", "abp")[: 1 + need_abp]:
        known = getattr(channels, kind)
        index = find_channel(names, known)
        if index is None or plain.count(plain[index]) < 2 or plain[index] not in map(_plain, known):
            continue
        name = str(names[index]).strip()
        notes.append(
            f"{plain.count(plain[index])} channels are named {name}; the first is used as {kind.upper()} "
            f"(for the second: --{kind} '{name}#2', or records.channels.{kind}: ['{name}#2'])"
        )
    return notes


def _plain(name: str) -> str:
    return str(name).strip().lower()
