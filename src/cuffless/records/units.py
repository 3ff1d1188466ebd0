"""Pressure units of input files."""

_MMHG = {
    "mmhg": 1.0,
    "torr": 1.0,
    "pa": 0.00750062,  # ISO 80000-4: 1 kPa = 7.50062 mmHg
    "hpa": 0.750062,
    "mbar": 0.750062,
    "kpa": 7.50062,
    "kilopascal": 7.50062,
    "kilopascals": 7.50062,
    "bar": 750.062,
    "cmh2o": 0.735559,  # the conventional centimetre of water, 98.0665 Pa
}
PRESSURE_UNITS = "mmHg, kPa, hPa, mbar or cmH2O"
"""Units listed in messages."""


def mmhg_per(unit: str) -> float | None:
    """One pressure unit in mmHg.

    Parameters
    ----------
    unit : str
        As spelled in a file; case, blanks, underscores and brackets are ignored: ``mmHg``, ``mm Hg``, ``[kPa]``.

    Returns
    -------
    float or None
        None if it is not a unit of pressure.
    """
    return _MMHG.get("".join(sign for sign in unit.lower() if sign not in " _[]().'\""))
