"""Under which circumstances windows were recorded: condition, posture and visit, in any of the usual words."""

import pandas as pd

from cuffless.judgement.table.columns import lines, values_of

CIRCUMSTANCES = ("condition", "posture", "visit")
REST, EXERCISE, AWAKE, ASLEEP = "rest", "exercise", "awake", "asleep"
UNTREATED, TREATED = "untreated", "treated"
CONDITIONS = (REST, EXERCISE, AWAKE, ASLEEP, UNTREATED, TREATED)
_WORDS = {
    "condition": {
        REST: "rest,resting,at rest,static,baseline,seated rest,sitting rest",
        EXERCISE: "exercise,exercising,during exercise,cycling,running,walking,treadmill,ergometer,stress test",
        AWAKE: "awake,wake,waking,day,daytime",
        ASLEEP: "asleep,sleep,sleeping,night,nighttime,nocturnal",
        UNTREATED: "untreated,before treatment,pre treatment,before medication,off medication",
        TREATED: "treated,treatment,after treatment,post treatment,after medication,on medication",
    },
    "posture": {
        "sitting": "sitting,sit,seated",
        "supine": "supine,lying,lying down,recumbent",
        "standing": "standing,stand,upright",
    },
    "visit": {},
}
_MEANT = {
    name: {spelling: word for word, spellings in words.items() for spelling in spellings.split(",")}
    for name, words in _WORDS.items()
}


def know_circumstances(rows: pd.DataFrame) -> list[str]:
    """Give circumstances of a table the words that screens know.

    Parameters
    ----------
    rows : DataFrame
        With any of ``condition, posture, visit`` (categories of text), which are changed in place: in lower case, with
        blanks in place of hyphens and underscores, synonyms as one word; an empty string where they are not known.

    Returns
    -------
    list of str
        A note on conditions whose meaning is not known; they are kept.
    """
    for name in set(CIRCUMSTANCES) & set(rows):
        held = rows[name].astype("category")
        plain = {
            text: " ".join(text.casefold().replace("_", " ").replace("-", " ").split()) for text in held.cat.categories
        }
        words = held.astype(object).map({text: _MEANT[name].get(word, word) for text, word in plain.items()})
        rows[name] = words.fillna("").astype("category")
    if "condition" not in rows:
        return []
    odd = ~rows["condition"].isin([*CONDITIONS, ""])
    if not odd.any():
        return []
    known = ", ".join(CONDITIONS)
    return [
        f"condition {values_of(rows['condition'], odd)} in {lines(rows, odd)} is none that a standard's test needs; "
        f"known are {known}, and synonyms"
    ]
