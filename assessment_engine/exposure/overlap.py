"""How evenly items are shown, and how much two persons' tests have in common."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assessment_engine.errors import EngineError
from assessment_engine.irt import FloatArray


@dataclass(frozen=True, slots=True)
class ExposureReport:
    """Exposure of a pool over several sittings.

    ``rates`` by item id; ``overlap`` is the mean share of items that two sittings have in common;
    ``chi_square`` measures unevenness (0: all items equally often); ``unused`` names items never
    shown and ``above`` those whose rate exceeds the ceiling asked about.
    """

    n_sittings: int
    mean_length: float
    rates: Mapping[str, float]
    overlap: float
    chi_square: float
    unused: tuple[str, ...]
    above: tuple[str, ...]

    @property
    def largest(self) -> float:
        return max(self.rates.values())


def exposure_rates(items: Sequence[str], sittings: Sequence[Collection[str]]) -> FloatArray:
    """Share of the sittings in which each item was offered, ``(n_items,)``.

    Parameters
    ----------
    items : sequence of str
        Ids of the pool.
    sittings : sequence of collection of str
        The items that each sitting offered; others than ``items`` are not counted.

    Raises
    ------
    EngineError
        If there is no sitting.
    """
    if not sittings:
        raise EngineError("exposure rates need a sitting; none has been given")
    row = {item: i for i, item in enumerate(items)}
    counts = np.zeros(len(items))
    for offered in sittings:
        counts[[row[item] for item in offered if item in row]] += 1.0
    rates: FloatArray = counts / len(sittings)
    return rates


def overlap_from_rates(rates: FloatArray, n_sittings: int) -> float:
    """Mean share of items that two of ``n_sittings`` have in common, from exposure rates alone.

    Exact where all sittings have the same length ``L = sum of rates``:
    ``(n sum r**2 / L - 1) / (n - 1)``. With lengths that differ, items in common by the mean
    length.

    Parameters
    ----------
    rates : array of shape (n_items,)
    n_sittings : int
        Two or more.

    Raises
    ------
    EngineError
        If there are fewer than two sittings, or nothing was shown.

    References
    ----------
    Chen, Ankenmann & Spray (2003), doi:10.1111/j.1745-3984.2003.tb01100.x
    """
    length = float(rates.sum())
    if n_sittings < 2 or length <= 0.0:
        raise EngineError(
            f"overlap needs two sittings with items, but there are {n_sittings} with {length:g} "
            "items on average"
        )
    return (n_sittings * float(rates @ rates) / length - 1.0) / (n_sittings - 1)


def pairwise_overlap(sittings: Sequence[Collection[str]]) -> float:
    """Mean over all pairs of sittings of items in common by the mean length of the pair.

    Raises
    ------
    EngineError
        If there are fewer than two sittings, or one has no item.
    """
    if len(sittings) < 2 or not all(sittings):
        raise EngineError("overlap needs two sittings or more, each with an item")
    names = sorted({item for offered in sittings for item in offered})
    row = {item: i for i, item in enumerate(names)}
    given = np.zeros((len(sittings), len(names)), dtype=np.bool_)
    for i, offered in enumerate(sittings):
        given[i, [row[item] for item in offered]] = True
    lengths = given.sum(axis=1, dtype=np.float64)
    bits = np.packbits(given, axis=1)
    total = 0.0
    for i in range(1, len(sittings)):  # a row at a time, so that memory grows with the items only
        common = np.bitwise_count(bits[:i] & bits[i]).sum(axis=1, dtype=np.float64)
        total += float((2.0 * common / (lengths[:i] + lengths[i])).sum())
    return total / (len(sittings) * (len(sittings) - 1) / 2)


def exposure_chi_square(rates: FloatArray) -> float:
    """Unevenness of exposure: ``sum of (r - L / n)**2 / (L / n)``, L the sum of the rates.

    Parameters
    ----------
    rates : array of shape (n_items,)
        Not all 0.

    References
    ----------
    Chang & Ying (1999), doi:10.1177/01466219922031338
    """
    even = float(rates.mean())
    return float(((rates - even) ** 2).sum() / even)


def exposure_report(
    items: Sequence[str], sittings: Sequence[Collection[str]], r_max: float = 1.0
) -> ExposureReport:
    """Exposure, overlap and unevenness of a pool over two sittings or more.

    Parameters
    ----------
    items : sequence of str
        Ids of the pool; all other items that a sitting offered are left out.
    sittings : sequence of collection of str
        The items that each sitting offered.
    r_max : float
        Items with a larger rate are named.

    Raises
    ------
    EngineError
        If there are fewer than two sittings or nothing was shown.
    """
    rates = exposure_rates(items, sittings)
    return ExposureReport(
        n_sittings=len(sittings),
        mean_length=float(rates.sum()),
        rates=dict(zip(items, rates.tolist(), strict=True)),
        overlap=overlap_from_rates(rates, len(sittings)),
        chi_square=exposure_chi_square(rates),
        unused=tuple(items[i] for i in np.flatnonzero(rates == 0.0).tolist()),
        above=tuple(items[i] for i in np.flatnonzero(rates > r_max).tolist()),
    )
