"""What a calibration holds: whole items of a bank, or single parameters."""

from collections.abc import Mapping, Sequence

from scipy.special import logit

from calibration.data import listed
from calibration.errors import CalibrationError, DataError
from calibration.parameters import ItemParameters, internal

Fixed = Mapping[str, "ItemParameters | Mapping[str, float]"]


def whole_items(fixed: Fixed, items: Sequence[str]) -> dict[str, ItemParameters]:
    """The items that are held as a whole, by name.

    Raises
    ------
    DataError
        If a fixed item is not in the data.
    CalibrationError
        If something is neither ItemParameters nor a mapping.
    """
    absent = [name for name in fixed if name not in items]
    if absent:
        raise DataError(
            f"fixed item {listed(absent)} is not in the data; leave it out of fixed, or give it a "
            "column"
        )
    for name, given in fixed.items():
        if not isinstance(given, ItemParameters | Mapping):
            raise CalibrationError(
                f"item {name!r}: hold ItemParameters, or a mapping of parameters; came {given!r}"
            )
        if isinstance(given, ItemParameters) and given.model != "NRM" and given.a[0] == 0:
            raise CalibrationError(f"item {name!r} has slope 0 and tells nothing; leave it out")
    return {name: given for name, given in fixed.items() if isinstance(given, ItemParameters)}


def held_values(
    fixed: Fixed, items: Sequence[str], models: Sequence[str], n_categories: Sequence[int]
) -> dict[int, dict[int, float]]:
    """For each fixed item what is held, by place among its parameters.

    Raises
    ------
    CalibrationError
        If a single parameter is none that the item has, or none that can be held alone.
    """
    held: dict[int, dict[int, float]] = {}
    for place, name in enumerate(items):
        given = fixed.get(name)
        if given is None:
            continue
        if isinstance(given, ItemParameters):
            held[place] = dict(enumerate(internal(given).tolist()))
        else:
            held[place] = _single(name, models[place], n_categories[place], given)
    common = {held[place][0] for place in held if models[place] == "1PL" and 0 in held[place]}
    if len(common) > 1:
        raise CalibrationError(
            f"1PL items share one slope, but {sorted(common)} are held; hold one, or take 2PL"
        )
    return held


def _single(
    name: str, model: str, n_categories: int, given: Mapping[str, float]
) -> dict[int, float]:
    present = {"a"} if model != "NRM" else set()
    present |= {"b"} if n_categories == 2 and model != "NRM" else set()
    present |= {"3PL": {"c"}, "4PL": {"c", "d"}}.get(model, set())
    strange = [one for one in given if one not in present]
    if strange:
        choice = ", ".join(sorted(present)) or "none"
        raise CalibrationError(
            f"item {name!r} ({model}, {n_categories} categories): no parameter {listed(strange)} "
            f"to hold alone; there is {choice}, or give ItemParameters to hold the whole item"
        )
    if not all(isinstance(value, int | float) for value in given.values()):
        raise CalibrationError(f"item {name!r}: held values must be numbers; came {dict(given)!r}")
    if "b" in given and "a" not in given:
        raise CalibrationError(
            f"item {name!r}: b can be held only together with a, as what is estimated is -a b"
        )
    if not all(0 < given[one] < 1 for one in ("c", "d") if one in given):
        raise CalibrationError(f"item {name!r}: asymptotes lie between 0 and 1; came {dict(given)}")
    held: dict[int, float] = {}
    for one, value in given.items():
        place = {"a": 0, "b": 1, "c": 2, "d": 3}[one]
        held[place] = float(logit(value)) if one in ("c", "d") else float(value)
    if "b" in given:
        held[1] = -held[0] * held[1]
    return held
