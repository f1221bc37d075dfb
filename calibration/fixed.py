"""What a calibration holds: whole items of a bank, or single parameters."""

from collections.abc import Mapping, Sequence

from calibration.data import listed
from calibration.errors import CalibrationError, DataError
from calibration.parameters import ItemParameters, internal

Fixed = Mapping[str, "ItemParameters | Mapping[str, float]"]


def held_values(
    fixed: Fixed, items: Sequence[str]
) -> tuple[dict[str, ItemParameters], dict[int, dict[int, float]]]:
    """Whole fixed items by name; and for each item what is held, by place among its parameters.

    Raises
    ------
    DataError
        If a fixed item is not in the data.
    CalibrationError
        If a single parameter is none that can be held alone.
    """
    absent = [name for name in fixed if name not in items]
    if absent:
        raise DataError(
            f"fixed item {listed(absent)} is not in the data; leave it out of fixed, or give it a "
            "column"
        )
    whole: dict[str, ItemParameters] = {}
    held: dict[int, dict[int, float]] = {}
    for name, given in fixed.items():
        place = list(items).index(name)
        if isinstance(given, ItemParameters):
            whole[name] = given
            held[place] = dict(enumerate(internal(given).tolist()))
        else:
            held[place] = _single(name, given)
    return whole, held


def _single(name: str, given: Mapping[str, float]) -> dict[int, float]:
    known = {"a", "b", "c", "d"}
    strange = [one for one in given if one not in known]
    if strange:
        raise CalibrationError(
            f"item {name!r}: no parameter {listed(strange)} to hold; there are a, b, c and d, or "
            "give ItemParameters to hold the whole item"
        )
    if "b" in given and "a" not in given:
        raise CalibrationError(
            f"item {name!r}: b can be held only together with a, as what is estimated is -a b"
        )
    model = "4PL" if "d" in given else "3PL"
    a, b = given.get("a", 1.0), given.get("b", 0.0)
    numbers = internal(
        ItemParameters(name, model, (a,), (b,), given.get("c", 0.0), given.get("d", 1.0))
    ).tolist()
    order = {"a": 0, "b": 1, "c": 2, "d": 3}
    return {order[one]: numbers[order[one]] for one in given}
