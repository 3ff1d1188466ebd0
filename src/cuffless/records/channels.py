"""Which of a recording's channels is the PPG and which the pressure: the one rule for all kinds of files."""

import re
from collections.abc import Sequence

from cuffless.config import ChannelOptions

_NUMBERED = re.compile(r"(.*)#([1-9]\d*)")


def find_channel(names: Sequence[str], known: Sequence[str]) -> int | None:
    """Index of the channel that stands first among the known names.

    Parameters
    ----------
    names : sequence of str
        Channels of a recording, in their order.
    known : sequence of str
        Names to look for, the most wanted first, compared without regard to case and surrounding blanks. ``PLETH#2`` is
        the second channel named PLETH, ``#2`` the second channel whatever its name.

    Returns
    -------
    int or None
        None if there is none. Of channels of one name, the first.
    """
    plain = [_plain(name) for name in names]
    for wanted in map(_plain, known):
        if wanted in plain:  # also a name that itself ends in a number sign
            return plain.index(wanted)
        if numbered := _NUMBERED.fullmatch(wanted):
            places = [place for place, name in enumerate(plain) if numbered[1].strip() in ("", name)]
            if int(numbered[2]) <= len(places):
                return places[int(numbered[2]) - 1]
    return None


def doubled_channels(names: Sequence[str], channels: ChannelOptions, need_abp: bool = True) -> list[str]:
    """What is to be said where several channels have the name of the one that is taken.

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
        As in "2 channels are named PLETH; the first is taken as PPG (--ppg 'PLETH#2' takes the second ...)"; none where
        the choice was made by number.
    """
    plain = [_plain(name) for name in names]
    said = []
    for kind in ("ppg", "abp")[: 1 + need_abp]:
        known = getattr(channels, kind)
        index = find_channel(names, known)
        if index is None or plain.count(plain[index]) < 2 or plain[index] not in map(_plain, known):
            continue
        name = str(names[index]).strip()
        said.append(
            f"{plain.count(plain[index])} channels are named {name}; the first is taken as {kind.upper()} "
            f"(--{kind} '{name}#2', or records.channels.{kind}: ['{name}#2'], takes the second)"
        )
    return said


def _plain(name: str) -> str:
    return str(name).strip().lower()
