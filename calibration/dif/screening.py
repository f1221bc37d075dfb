"""What all methods share: groups, one loop of purification, adjustment for many tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from calibration.data import listed
from calibration.errors import CalibrationError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
Categories = npt.NDArray[np.int16]


class DifError(CalibrationError):
    """Groups, anchors or options that leave nothing to compare; the message says how to mend it."""


class Judged(Protocol):
    """One comparison: the item, and what its test says."""

    @property
    def item(self) -> str: ...
    @property
    def p_value(self) -> float | None: ...
    @property
    def p_adjusted(self) -> float | None: ...


J = TypeVar("J", bound=Judged)


@dataclass(frozen=True, slots=True)
class Screening(Generic[J]):
    """All items compared.

    Attributes
    ----------
    results : tuple
        One record a comparison, in the order of the items (and of the focal groups, where each has
        a comparison of its own).
    flagged : tuple of str
        Items with a p-value below the level.
    anchors : tuple of str
        Items taken to be free of DIF in these results.
    n_rounds : int
        How often all items were judged.
    settled : bool
        Whether a further round would have the same anchors; True without purification.
    """

    results: tuple[J, ...]
    flagged: tuple[str, ...]
    anchors: tuple[str, ...]
    n_rounds: int
    settled: bool

    def __getitem__(self, item: str) -> J:
        """The (first) comparison of one item."""
        for result in self.results:
            if result.item == item:
                return result
        raise KeyError(item)


@dataclass(frozen=True, eq=False)
class Groups:
    """Who belongs where: 0 is the reference group, 1, 2, ... are the focal groups."""

    names: tuple[str, ...]
    number: IntArray

    @property
    def focal(self) -> tuple[str, ...]:
        return self.names[1:]


def groups_of(labels: npt.ArrayLike, n_persons: int, reference: object = None) -> Groups:
    """Number the groups; the reference group is the first person's unless it is named.

    Raises
    ------
    DifError
        If there is not a label a person, there are fewer than two groups, or the reference group
        has nobody.
    """
    given = np.asarray(labels)
    if given.shape != (n_persons,):
        raise DifError(
            f"groups of shape {given.shape} for {n_persons} persons; give one label a person"
        )
    blank = np.array([_is_blank(label) for label in given.tolist()])
    if blank.any():
        raise DifError(f"the group of person {int(np.argmax(blank)) + 1} is missing; name it")
    text = given.astype(str)
    seen = list(dict.fromkeys(text.tolist()))
    first = seen[0] if reference is None else str(reference)
    if first not in seen:
        raise DifError(f"no person is in the reference group {first!r}; there are {listed(seen)}")
    if len(seen) < 2:
        raise DifError(f"all persons are in group {first!r}; DIF compares two groups or more")
    names = (first, *(name for name in seen if name != first))
    number = np.array([names.index(name) for name in text.tolist()], dtype=np.intp)
    return Groups(names, number)


def _is_blank(label: object) -> bool:
    return label is None or label == "" or (isinstance(label, float) and np.isnan(label))


def weights_of(weights: npt.ArrayLike | None, n_persons: int) -> FloatArray:
    if weights is None:
        return np.ones(n_persons)
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (n_persons,) or not (np.isfinite(given) & (given >= 0)).all():
        raise DifError(
            f"weights need one finite number, 0 or more, for each of {n_persons} persons; came "
            f"shape {given.shape}"
        )
    return given


def checked(items: Sequence[str], categories: Categories) -> tuple[tuple[str, ...], Categories]:
    """Item names and categories (n_persons, n_items), -1 = not presented, that fit each other."""
    names, codes = tuple(items), np.asarray(categories)
    if codes.ndim != 2 or codes.shape[1] != len(names) or codes.dtype.kind not in "iu":
        raise DifError(
            f"categories need whole numbers of shape (n_persons, {len(names)}), -1 = not "
            f"presented; came {codes.dtype} of shape {codes.shape}"
        )
    if len(set(names)) != len(names):
        raise DifError("item names must differ")
    return names, codes.astype(np.int16, copy=False)


def screened(
    judge: Callable[[tuple[str, ...]], tuple[J, ...]],
    items: Sequence[str],
    *,
    anchors: Sequence[str] | None = None,
    purify: bool = False,
    level: float = 0.05,
    adjust: bool = False,
    max_rounds: int = 10,
) -> Screening[J]:
    """Judge all items by their anchors, and, where asked, again by the anchors that are left.

    Round 1 takes all anchors (all items, unless some are named). Each further round leaves out
    what the round before flagged; an item may come back. It ends when the anchors stay the same.

    Parameters
    ----------
    judge : callable
        From the names of the anchors to a record for each comparison.
    items : sequence of str
    anchors : sequence of str, optional
        Items that may anchor; by default all.
    purify : bool
        Whether to go past round 1.
    level : float
        Significance level for flags.
    adjust : bool
        Flag by p-values adjusted for the number of comparisons (Benjamini-Hochberg).
    max_rounds : int
        Rounds at most; then ``settled`` is False.

    Raises
    ------
    DifError
        If an anchor is no item, or no anchor is left.

    References
    ----------
    Candell & Drasgow (1988), doi:10.1177/014662168801200304
    """
    if not 0 < level < 1 or max_rounds < 1:
        raise DifError(
            f"level must lie between 0 and 1 and max_rounds be 1 or more; came {level}, "
            f"{max_rounds}"
        )
    pool = tuple(items) if anchors is None else tuple(anchors)
    unknown = [name for name in pool if name not in items]
    if unknown or not pool:
        raise DifError(
            f"anchors need to be items, and one at least; came {listed(unknown) or 'none'}"
        )
    current = pool
    for n_rounds in range(1, max_rounds + 1):
        results = with_adjusted(judge(current))
        flagged = _flagged(results, level, adjust)
        left = tuple(name for name in pool if name not in flagged)
        settled = not purify or left == current
        if settled or n_rounds == max_rounds:
            break
        if not left:
            raise DifError(
                f"round {n_rounds} flags every anchor ({listed(pool)}); name anchors that are "
                "known to be free of DIF"
            )
        current = left
    return Screening(results, flagged, current, n_rounds, settled)


def _flagged(results: tuple[J, ...], level: float, adjust: bool) -> tuple[str, ...]:
    found = []
    for result in results:
        p = result.p_adjusted if adjust else result.p_value
        if p is not None and p < level:
            found.append(result.item)
    return tuple(dict.fromkeys(found))


def with_adjusted(results: Sequence[J]) -> tuple[J, ...]:
    """The same records with ``p_adjusted`` over all of them."""
    adjusted = benjamini_hochberg([result.p_value for result in results])
    return tuple(
        cast(J, replace(cast(Any, result), p_adjusted=p))
        for result, p in zip(results, adjusted, strict=True)
    )


def benjamini_hochberg(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """P-values adjusted for the false discovery rate; None stays None and does not count.

    References
    ----------
    Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x
    """
    known = [place for place, p in enumerate(p_values) if p is not None]
    p = np.array([p_values[place] for place in known], dtype=np.float64)
    order = np.argsort(p)[::-1]
    scaled = p[order] * len(p) / np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    out: list[float | None] = [None] * len(p_values)
    for place, value in zip(known, adjusted.tolist(), strict=True):
        out[place] = value
    return tuple(out)
