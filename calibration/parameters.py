"""Item parameters as people report them, and the curves that they stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from calibration.errors import ModelError
from calibration.estimate.models import (
    FAMILIES,
    POLYTOMOUS,
    Family,
    ability_score,
    n_parameters,
    n_slopes,
)

if TYPE_CHECKING:
    from assessment_engine.records import Item as EngineItem
    from assessment_engine.records import Model

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ItemParameters:
    """One item on the (a, b) scale, logits, D = 1.

    Attributes
    ----------
    name : str
    model : str
        Rasch, 1PL, 2PL, 3PL, 4PL, GRM, PCM, GPCM or NRM.
    a : tuple of float
        The slope; for NRM the slopes of categories 1, 2, ... against category 0.
    b : tuple of float
        One difficulty for Rasch to 4PL, ascending thresholds for GRM, step difficulties for PCM
        and GPCM; for NRM the *intercepts* of categories 1, 2, ... against category 0, so that
        P(X = k) is proportional to exp(a_k theta + b_k).
    c, d : float
        Lower and upper asymptote, 0 and 1 where the model has none.

    Raises
    ------
    ModelError
        If the model is unknown, or the numbers do not make one of its items.
    """

    name: str
    model: str
    a: tuple[float, ...]
    b: tuple[float, ...]
    c: float = 0.0
    d: float = 1.0

    def __post_init__(self) -> None:
        if self.model not in FAMILIES:
            raise ModelError(
                f"item {self.name!r}: no model {self.model!r}; there are {', '.join(FAMILIES)}"
            )
        wanted = n_slopes(self.model, self.n_categories)
        if not self.b or len(self.a) != wanted:
            raise ModelError(
                f"item {self.name!r}: {self.model} with {len(self.b)} b needs {wanted} a; came "
                f"{len(self.a)}"
            )
        if self.model not in POLYTOMOUS and len(self.b) != 1:
            raise ModelError(
                f"item {self.name!r}: {self.model} has one b; came {len(self.b)}; use GRM or GPCM"
            )
        if not np.isfinite((*self.a, *self.b, self.c, self.d)).all():
            raise ModelError(f"item {self.name!r} has a parameter that is no finite number")
        allowed = {"3PL": (True, False), "4PL": (True, True)}.get(self.model, (False, False))
        if (self.c != 0 and not allowed[0]) or (self.d != 1 and not allowed[1]):
            raise ModelError(
                f"item {self.name!r}: {self.model} has no such asymptote; came c = {self.c}, "
                f"d = {self.d}; take 3PL or 4PL"
            )
        if self.model == "GRM" and len(self.b) > 1 and not self._steps_ascend():
            raise ModelError(
                f"item {self.name!r}: thresholds of GRM must ascend (descend where a is negative); "
                f"came {self.b}"
            )
        if not 0 <= self.c < self.d <= 1:
            raise ModelError(
                f"item {self.name!r}: asymptotes must have 0 <= c < d <= 1; came c = {self.c}, "
                f"d = {self.d}"
            )

    def _steps_ascend(self) -> bool:
        steps = np.diff(self.intercepts)
        return bool((steps < 0).all())

    @property
    def n_categories(self) -> int:
        return len(self.b) + 1

    @property
    def intercepts(self) -> tuple[float, ...]:
        """``-a b``; for NRM the intercepts themselves."""
        if self.model == "NRM":
            return self.b
        return tuple(-self.a[0] * one for one in self.b)


def engine_item(item: ItemParameters, dimension: str) -> "EngineItem":
    """The item as the engine reads it; an NRM item's ``a`` become its ``slopes``."""
    from assessment_engine.records import Item as EngineItem

    nominal = item.model == "NRM"
    return EngineItem(
        id=item.name,
        dimension=dimension,
        model=cast("Model", item.model),
        a=1.0 if nominal else item.a[0],
        b=item.b,
        c=item.c,
        d=item.d,
        slopes=item.a if nominal else (),
    )


def log_probabilities(items: Sequence[ItemParameters], theta: npt.ArrayLike) -> FloatArray:
    """Log-probability of each category, (n_items, most categories, n_theta); -inf where padded.

    Parameters
    ----------
    items : sequence of ItemParameters
    theta : array of shape (n_theta,)
        Abilities, logits, D = 1.
    """
    nodes = np.atleast_1d(np.asarray(theta, dtype=np.float64))
    out = np.full((len(items), _widest(items), len(nodes)), -np.inf)
    for family, places, values in _groups(items):
        found = family.log_probability(values, nodes)
        out[places, : found.shape[1]] = found
    return out


def probabilities(items: Sequence[ItemParameters], theta: npt.ArrayLike) -> FloatArray:
    """Probability of each category, (n_items, most categories, n_theta); 0 where padded."""
    result: FloatArray = np.exp(log_probabilities(items, theta))
    return result


def ability_scores(items: Sequence[ItemParameters], theta: npt.ArrayLike) -> FloatArray:
    """d log P / d theta of each category, (n_items, most categories, n_theta); 0 where padded."""
    nodes = np.atleast_1d(np.asarray(theta, dtype=np.float64))
    out = np.zeros((len(items), _widest(items), len(nodes)))
    for family, places, values in _groups(items):
        found = ability_score(family, values, nodes)
        out[places, : found.shape[1]] = found
    return out


def information(items: Sequence[ItemParameters], theta: npt.ArrayLike) -> FloatArray:
    """Fisher information of each item about ability, (n_items, n_theta), per squared logit."""
    result: FloatArray = np.sum(
        probabilities(items, theta) * ability_scores(items, theta) ** 2, axis=1
    )
    return result


def expected_scores(items: Sequence[ItemParameters], theta: npt.ArrayLike) -> FloatArray:
    """Expected category number of each item, (n_items, n_theta)."""
    by_category = probabilities(items, theta)
    result: FloatArray = np.einsum("ikq,k->iq", by_category, np.arange(by_category.shape[1]))
    return result


def internal(item: ItemParameters) -> FloatArray:
    """The item's numbers as the families take them: slopes, intercepts, logits of asymptotes."""
    numbers = [*item.a, *item.intercepts]
    if item.model in ("3PL", "4PL"):
        numbers.append(float(logit(item.c)))
    if item.model == "4PL":
        numbers.append(float(logit(item.d)))
    return np.array(numbers)


def _widest(items: Sequence[ItemParameters]) -> int:
    return max((item.n_categories for item in items), default=0)


def _groups(
    items: Sequence[ItemParameters],
) -> list[tuple[Family, IntArray, FloatArray]]:
    found: dict[tuple[str, int, int], list[int]] = {}
    for place, item in enumerate(items):
        width = n_parameters(item.model, item.n_categories)
        key = FAMILIES[item.model].name, item.n_categories, width
        found.setdefault(key, []).append(place)
    return [
        (
            FAMILIES[items[places[0]].model],
            np.array(places, dtype=np.intp),
            np.stack([internal(items[place]) for place in places]),
        )
        for places in found.values()
    ]
