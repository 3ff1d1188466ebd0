"""What the tables of personalization say, in sentences that hold for any outcome."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES, ProtocolOptions
from cuffless.judgement.measures.methods import ALL
from cuffless.judgement.paper_tables import NETWORKS
from cuffless.judgement.table.predictions import PRESSURES

OF_STRATEGY = {"first": "the first windows", "random": "random windows"}
_UNSURE = "too few subjects for an interval or a test"


def protocol_sentence(options: ProtocolOptions, shares: Mapping[str, float] = MappingProxyType({})) -> str:
    """How a protocol divides a subject's windows, and what it trains: layers, and `shares` of networks' weights."""
    rest = f"each subject's last {100 * (1 - options.share):g} %"
    order = "in time" if options.order == "time" else "in shuffled order"
    if options.test_half == "last":
        test = f"the last half of {rest} {order}"
        gap = f", with {_count(options.gap, 'unused window')} before it"
    else:
        test, gap = f"every second window of {rest} {order}, beside windows that may calibrate", ""
    layers = {"heads": "the outputs", "dense": "dense layers and outputs", "all": "all layers", "last7": "the last 7"}
    of = ", ".join(f"{NETWORKS.get(name, name)} {_percent(share)}" for name, share in shares.items())
    return f"Tested on {test}{gap}. Layers trained: {layers[options.layers]}{f' ({of} of the weights)' if of else ''}."


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def subject_of(networks: Sequence[str]) -> str:
    """What `all` is called where it is read."""
    names = [name for name in networks if name not in (ALL, "none")]
    return "the mean over networks" if len(names) > 1 else NETWORKS.get(names[0], names[0])


def gain_sentences(mae: pd.DataFrame, tests: pd.DataFrame, options: ProtocolOptions) -> list[str]:
    """What fine-tuning gains over the network as trained, and over what needs no fine-tuning.

    Parameters
    ----------
    mae, tests : DataFrame
        Rows of one protocol, as from `mae_table` and `contrast_table`.
    options : ProtocolOptions

    Returns
    -------
    list of str
        For each strategy and pressure, of `all` at the main budget, subjects counting the same.
    """
    who = subject_of(mae["network"].unique())
    known = mae[(mae["network"] == ALL) & (mae["average"] == "subject") & mae["budget"].isin(["", options.budget])]
    known = known.set_index(["pressure", "method", "setting"])["mae"].sort_index()
    contrasts = tests[tests["network"] == ALL].set_index(["comparison", "pressure"]).sort_index()
    said = []
    for strategy in STRATEGIES:
        for pressure in PRESSURES:
            levels = [
                known[pressure, *of] for of in (("network", "before"), ("network", strategy), ("offset", strategy))
            ]
            where = f"{pressure}, fine-tuned on {OF_STRATEGY[strategy]}, {who}"
            said.append(f"{where}: {_gain(contrasts.loc[(f'{strategy} vs before', pressure)], levels)}")
            against = [
                _against(contrasts.loc[(f"{strategy} vs {other}", pressure)], other)
                for other in ("offset", "calibration mean", "hold last")
            ]
            said.append(f"{where}: its MAE less {', and less '.join(against)}.")
    return said


def _gain(row, levels: Sequence[float]) -> str:
    before, tuned, offset = levels
    moved = f"the MAE {_verb(row.difference)} from {before:.1f} to {tuned:.1f} mmHg"
    if np.isnan(row.lower):
        return f"{moved} ({_count(row.n_pairs, 'subject')}: {_UNSURE})."
    moved += (
        f", a gain of {_number(-row.difference)} mmHg [{_number(-row.upper)}, {_number(-row.lower)}] ({_p_value(row)})"
    )
    if row.lower <= 0 <= row.upper:
        return f"{moved}, which may be none. What share of it the offset correction gives cannot be said."
    if row.difference > 0:
        return f"{moved}: a loss. There is no gain of which the offset correction could give a share."
    share = (before - offset) / (before - tuned)
    if share < 0:
        return f"{moved}. The offset correction alone gives none of it: with it the MAE is {offset:.1f} mmHg."
    more = f", more than all of it: with it the MAE is {offset:.1f} mmHg" if share > 1 else " of it"
    return f"{moved}. The offset correction alone gives {100 * share:.0f} %{more}."


def _verb(difference: float) -> str:
    return "falls" if difference < 0 else "rises" if difference > 0 else "goes"


def _against(row, other: str) -> str:
    names = {"offset": "the offset correction's", "hold last": "that of holding the last calibration value"}
    name = names.get(other, f"the {other}'s")
    if np.isnan(row.lower):
        return f"{name} is {_number(row.difference)} mmHg ({_UNSURE})"
    verdict = "no difference is shown"
    if row.paired_significant:
        verdict = f"fine-tuning is {'better' if row.difference < 0 else 'worse'}"
    return f"{name} is {difference_text(row)} mmHg ({_p_value(row)}: {verdict})"


def difference_text(row) -> str:
    """A difference with its interval, or without where there is none."""
    interval = "" if np.isnan(row.lower) else f" [{_number(row.lower)}, {_number(row.upper)}]"
    return f"{_number(row.difference)}{interval}"


def strategy_sentences(tests: pd.DataFrame, options: dict[str, ProtocolOptions]) -> list[str]:
    """How much of the difference between strategies comes with windows beside the test windows.

    Parameters
    ----------
    tests : DataFrame
        Of all protocols.
    options : dict of str to ProtocolOptions
        By protocol.

    Returns
    -------
    list of str
        For each protocol that tests beside calibration windows, set against the first that does not; none without both.
    """
    beside = [name for name, own in options.items() if tests_beside_calibration(own)]
    clean = [name for name in options if name not in beside]
    if not clean:
        return []
    rows = tests[(tests["comparison"] == "first vs random") & (tests["network"] == ALL)]
    difference = rows.set_index(["protocol", "pressure"])["difference"]
    said = []
    for name in beside:
        for pressure in PRESSURES:
            a, b = difference[clean[0], pressure], difference[name, pressure]
            said.append(
                f"{pressure}: `first` less `random` is {_number(a)} mmHg under `{clean[0]}` and {_number(b)} mmHg "
                f"under `{name}`, where test windows lie beside calibration windows: a change of {_number(b - a)} mmHg "
                "that comes with these neighbours and with whatever else the protocols do differently (not tested)."
            )
    return said


def tests_beside_calibration(options: ProtocolOptions) -> bool:
    """Whether a protocol tests windows whose neighbours may calibrate."""
    return options.test_half == "alternate" or options.order == "shuffled"


def _count(n: int, what: str) -> str:
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


def _number(value: float) -> str:
    """One decimal, with a minus sign, and no minus before 0.0."""
    text = f"{value:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "−")


def _p_value(row) -> str:
    p = row.paired_p_holm
    return f"{'p < 0.001' if p < 0.001 else f'p = {p:.3f}'}, Holm over {row.family}"
