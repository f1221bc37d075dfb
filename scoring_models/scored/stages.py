"""Which model a prompt uses by its number of human scores, and when a machine may decide alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from scoring_models.agreement import (
    Ratings,
    quadratic_weighted_kappa,
    standardised_mean_difference,
)
from scoring_models.errors import AgreementError

FloatArray = npt.NDArray[np.float64]

MIN_SUBGROUP = 20
_BINS = 10


class Stage(StrEnum):
    """What scores a prompt's answers. In all but ``AUTOMATIC`` a person decides."""

    RUBRIC = "rubric"  # no human scores: rubric heads, a person decides
    PRIOR = "prior"  # 10 or more: prior of other prompts and a residual model
    OWN = "own"  # 40 or more: a model of its own, beside the human queue
    AUTOMATIC = "automatic"  # 150 or more and accepted: the machine decides, or abstains


FEWEST_SCORES = {Stage.RUBRIC: 0, Stage.PRIOR: 10, Stage.OWN: 40, Stage.AUTOMATIC: 150}


@dataclass(frozen=True)
class AcceptanceLimits:
    """What a model must show on answers that it had not seen."""

    least_kappa: float = 0.70
    most_difference: float = 0.15
    most_degradation: float = 0.10
    most_subgroup_difference: float = 0.10
    most_calibration_error: float = 0.03


@dataclass(frozen=True)
class Criterion:
    """One condition: what was found, the limit, and why it could not be found, if so.

    ``value`` is None where the data cannot tell; the condition then counts as not passed, unless
    it does not apply at all.
    """

    name: str
    value: float | None
    limit: float
    at_least: bool = False
    applies: bool = True
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether this condition stands in nobody's way."""
        if not self.applies:
            return True
        if self.value is None:
            return False
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True)
class AcceptanceReport:
    """Every criterion, and how many answers they rest on."""

    criteria: tuple[Criterion, ...]
    n_answers: int

    @property
    def passed(self) -> bool:
        """Whether every criterion passed."""
        return all(criterion.passed for criterion in self.criteria)


def stage_by_count(n_scores: int) -> Stage:
    """Return the highest stage that the number of distinct human-scored answers allows."""
    return max(
        (stage for stage, fewest in FEWEST_SCORES.items() if n_scores >= fewest),
        key=lambda stage: FEWEST_SCORES[stage],
        default=Stage.RUBRIC,
    )


def stage_of(n_scores: int, report: AcceptanceReport | None) -> Stage:
    """Return the stage of a prompt; ``AUTOMATIC`` only with a report that passed.

    The report must rest on at least as many answers as that stage asks for, so that a report made
    early cannot open it later.
    """
    reached = stage_by_count(n_scores)
    if reached is not Stage.AUTOMATIC:
        return reached
    enough = report is not None and report.n_answers >= FEWEST_SCORES[Stage.AUTOMATIC]
    return Stage.AUTOMATIC if enough and report is not None and report.passed else Stage.OWN


def machine_may_decide(stage: Stage) -> bool:
    """Whether a score may stand without a person; the gate may still send the answer to one."""
    return stage is Stage.AUTOMATIC


def acceptance(
    probabilities: FloatArray,
    decided: Ratings,
    human: Ratings,
    lowest: int,
    second_human: Ratings | None = None,
    subgroups: Sequence[Hashable] = (),
    limits: AcceptanceLimits | None = None,
) -> AcceptanceReport:
    """Judge cross-validated predictions of one prompt.

    Parameters
    ----------
    probabilities : array of shape (n, n_levels)
        Level distributions of answers that the model had not seen.
    decided, human : sequences of length n
        Levels decided by the machine and by a person.
    lowest : int
        Level of the first column.
    second_human : sequence of length n, optional
        A second, independent human level; NaN where there is none. Degradation is the kappa of
        the two people less that of machine and first person, on the doubly scored. It does not
        apply where nobody scored twice.
    subgroups : sequence of length n, optional
        Group of each author. The largest absolute difference of standardised means (DSM) counts;
        groups under 20 answers are not judged.

    References
    ----------
    Williamson, Xi & Breyer (2012), doi:10.1111/j.1745-3992.2011.00223.x; Loukina, Madnani &
    Zechner (2019), doi:10.18653/v1/W19-4401; Naeini, Cooper & Hauskrecht (2015), ECE
    """
    limits = limits or AcceptanceLimits()
    x, y = np.asarray(decided, dtype=np.float64), np.asarray(human, dtype=np.float64)
    differences = subgroup_differences(probabilities, y, lowest, subgroups)
    worst = max(map(abs, differences.values()), default=None)
    expected = probabilities @ np.arange(lowest, lowest + probabilities.shape[1])
    criteria = (
        _criterion("kappa", limits.least_kappa, lambda: quadratic_weighted_kappa(x, y), True),
        _criterion(
            "difference",
            limits.most_difference,
            lambda: abs(standardised_mean_difference(expected, y)),
        ),
        _degradation(x, y, second_human, limits.most_degradation),
        Criterion(
            "subgroup difference",
            worst,
            limits.most_subgroup_difference,
            applies=worst is not None,
            note="" if worst is not None else f"no two subgroups of {MIN_SUBGROUP} answers",
        ),
        _criterion(
            "calibration error",
            limits.most_calibration_error,
            lambda: calibration_error(probabilities, y, lowest),
        ),
    )
    return AcceptanceReport(criteria, len(x))


def subgroup_differences(
    probabilities: FloatArray, human: FloatArray, lowest: int, subgroups: Sequence[Hashable]
) -> dict[Hashable, float]:
    """Return each subgroup's difference of standardised means (DSM), machine less human.

    Expected and human levels are each standardised over all answers first, so that only what the
    machine adds to a real difference between groups counts. Groups under 20 answers are left out;
    with fewer than two groups left, nothing is returned.
    """
    expected = probabilities @ np.arange(lowest, lowest + probabilities.shape[1])
    if not subgroups or expected.std() == 0 or human.std() == 0:
        return {}
    gap = (expected - expected.mean()) / expected.std() - (human - human.mean()) / human.std()
    members = {g: np.array([s == g for s in subgroups]) for g in dict.fromkeys(subgroups)}
    large = {g: m for g, m in members.items() if m.sum() >= MIN_SUBGROUP}
    return {g: float(gap[m].mean()) for g, m in large.items()} if len(large) > 1 else {}


def calibration_error(probabilities: FloatArray, human: FloatArray, lowest: int) -> float:
    """Return the expected calibration error of the likeliest level, ten bins of equal width."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) + lowest == human
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(human))


def _criterion(
    name: str, limit: float, value: Callable[[], float], at_least: bool = False
) -> Criterion:
    try:
        return Criterion(name, value(), limit, at_least)
    except AgreementError as error:
        return Criterion(name, None, limit, at_least, note=str(error))


def _degradation(
    machine: FloatArray, human: FloatArray, second: Ratings | None, limit: float
) -> Criterion:
    other = np.full(len(human), np.nan) if second is None else np.asarray(second, dtype=float)
    twice = np.isfinite(other)
    if not twice.any():
        note = "nobody scored an answer twice"
        return Criterion("degradation", None, limit, applies=False, note=note)

    def lost() -> float:
        people = quadratic_weighted_kappa(human[twice], other[twice])
        return people - quadratic_weighted_kappa(machine[twice], human[twice])

    return _criterion("degradation", limit, lost)
