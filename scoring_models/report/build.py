"""From a scorer's distributions and people's ratings to a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scoring_models.agreement import (
    Interval,
    adjacent_agreement,
    bootstrap,
    calibration_noise,
    correlation,
    degradation,
    exact_agreement,
    expected_calibration_error,
    partial_correlation,
    prmse,
    quadratic_weighted_kappa,
    reliability_curve,
    standardised_mean_difference,
)
from scoring_models.errors import AgreementError
from scoring_models.report.groups import grouping
from scoring_models.report.records import (
    Bin,
    Condition,
    Coverage,
    CurvePoint,
    ItemResult,
    Length,
    LevelShare,
    ScoringReport,
    Statistic,
)
from scoring_models.scored.stages import acceptance

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Answers that a scorer had not seen, its scores and people's.

    Attributes
    ----------
    items, stages : sequence of str
        Prompt of each answer, and the stage of its scorer.
    probabilities : array of shape (n, n_levels)
    decided : array of int, shape (n,)
        Levels that the machine decides on.
    ratings : array of shape (n, n_raters)
        Levels given by people, NaN where a rater did not rate; every answer has one at least.
    lowest : int
        Level of the first column of ``probabilities``.
    words : array of shape (n,)
        Word counts.
    persons : sequence of str, optional
        Author of each answer; intervals then draw persons, not answers.
    groups : mapping of str to sequence of str
        Columns of group names.
    features : mapping of str to array of shape (n,)
        Other things that should not sway a score.
    sets : array of bool, shape (n, n_levels), optional
        Conformal sets, meant to hold the human level in ``wanted_coverage`` of the answers.
    left_to_people : array of bool, shape (n,), optional
        Answers that the machine leaves to a person.
    """

    items: Sequence[str]
    stages: Sequence[str]
    probabilities: FloatArray
    decided: IntArray
    ratings: FloatArray
    lowest: int
    words: IntArray
    persons: Sequence[str] | None = None
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    features: Mapping[str, FloatArray] = field(default_factory=dict)
    sets: BoolArray | None = None
    wanted_coverage: float | None = None
    left_to_people: BoolArray | None = None

    def __post_init__(self) -> None:
        n = len(self.items)
        if self.ratings.ndim != 2 or len(self.ratings) != n or len(self.probabilities) != n:
            raise AgreementError(
                f"{n} answers with ratings of shape {self.ratings.shape} and probabilities of "
                f"shape {self.probabilities.shape}; give one row each"
            )
        if not np.isfinite(self.ratings).any(axis=1).all():
            raise AgreementError("an answer has no human rating; leave such answers out first")
        inside = (self.ratings >= self.lowest) & (self.ratings <= self.highest)
        if not (inside | np.isnan(self.ratings)).all():
            raise AgreementError(f"a rating lies outside {self.lowest} to {self.highest}")

    @property
    def highest(self) -> int:
        """Level of the last column."""
        return self.lowest + int(self.probabilities.shape[1]) - 1

    @property
    def expected(self) -> FloatArray:
        """Expected level of each answer."""
        return np.asarray(self.probabilities @ np.arange(self.lowest, self.highest + 1))

    @property
    def human(self) -> FloatArray:
        """The first rating that each answer has: one person's level, as a machine's is."""
        first = np.isfinite(self.ratings).argmax(axis=1)
        return np.asarray(self.ratings[np.arange(len(self.ratings)), first])

    @property
    def second(self) -> FloatArray:
        """The next rating, NaN where there is none."""
        rest = self.ratings.copy()
        rest[np.arange(len(rest)), np.isfinite(rest).argmax(axis=1)] = np.nan
        place = np.isfinite(rest).argmax(axis=1)
        return np.asarray(rest[np.arange(len(rest)), place])


def evaluate(
    answers: Evaluated,
    *,
    facts: Mapping[str, str],
    synthetic: bool,
    curve: Sequence[CurvePoint] = (),
    seed: int = 1,
    n_replicates: int = 500,
) -> ScoringReport:
    """Judge a scorer by answers that it had not seen.

    Parameters
    ----------
    answers : Evaluated
    facts : mapping of str to str
        Where model and answers come from; kept as they are.
    synthetic : bool
        Whether the answers were written to build the scorer.
    curve : sequence of CurvePoint
        Learning curve, from where the model was trained.
    seed, n_replicates : int
        Of the intervals.

    Raises
    ------
    AgreementError
        If fewer than two answers came.

    References
    ----------
    Williamson, Xi & Breyer (2012), doi:10.1111/j.1745-3992.2011.00223.x; Madnani, Loukina, von
    Davier, Burstein & Cahill (2017), Building better open-source tools to support fairness in
    automated scoring (RSMTool), doi:10.18653/v1/W17-1605
    """
    if len(answers.items) < 2:
        raise AgreementError(f"{len(answers.items)} scored answers came, expected two or more")
    sample = _Sample(answers, seed, n_replicates)
    human = answers.human
    whole = np.ones(len(human), dtype=bool)
    levels = human.astype(np.int_) - answers.lowest + 1
    left = answers.left_to_people
    conditions = _conditions(answers)
    return ScoringReport(
        facts={**facts, "seed": str(seed)},
        synthetic=synthetic,
        lowest=answers.lowest,
        n_levels=answers.probabilities.shape[1],
        n=len(human),
        n_persons=len(set(answers.persons or ())),
        n_raters=int(np.isfinite(answers.ratings).any(axis=0).sum()),
        n_double=int(np.isfinite(answers.second).sum()),
        left_to_people=0.0 if left is None else float(left.mean()),
        shares=_shares(answers),
        confusion=_confusion(answers),
        human_human=sample.people(),
        machine_human=sample.machine(whole, with_truth=True),
        decided_alone=() if left is None else sample.machine(~left, with_truth=False),
        items=tuple(_item(answers, sample, item) for item in sorted(set(answers.items))),
        calibration_error=expected_calibration_error(answers.probabilities, levels),
        calibration_noise=calibration_noise(answers.probabilities, seed=seed),
        reliability=tuple(
            Bin(one.predicted, one.observed, one.n)
            for one in reliability_curve(answers.probabilities, levels)
        ),
        wanted_coverage=answers.wanted_coverage,
        coverage=_coverage(answers),
        groupings=tuple(
            grouping(column, answers.expected, human, names)
            for column, names in answers.groups.items()
        ),
        learning_curve=tuple(curve),
        lengths=_lengths(answers),
        conditions=conditions,
        accepted=all(one.passed for one in conditions),
    )


@dataclass(frozen=True)
class _Sample:
    """Statistics with intervals over some of the answers."""

    answers: Evaluated
    seed: int
    n_replicates: int

    def people(self) -> tuple[Statistic, ...]:
        twice = np.isfinite(self.answers.second)
        pair = self.answers.human, self.answers.second
        return (
            self._told("kappa", quadratic_weighted_kappa, twice, *pair),
            self._told("exact", exact_agreement, twice, *pair),
            self._told("adjacent", adjacent_agreement, twice, *pair),
            self._told("difference", standardised_mean_difference, twice, *pair[::-1]),
            self._told("correlation", correlation, twice, *pair),
        )

    def machine(self, chosen: BoolArray, *, with_truth: bool) -> tuple[Statistic, ...]:
        answers = self.answers
        decided = answers.decided.astype(np.float64)
        expected, human = answers.expected, answers.human
        found = (
            self._told("kappa", quadratic_weighted_kappa, chosen, decided, human),
            self._told("exact", exact_agreement, chosen, decided, human),
            self._told("adjacent", adjacent_agreement, chosen, decided, human),
            self._told("difference", standardised_mean_difference, chosen, expected, human),
            self._told("correlation", correlation, chosen, expected, human),
            self._told("rmse", _root_mean_square, chosen, expected, human),
        )
        if not with_truth:
            return found
        twice = chosen & np.isfinite(answers.second)
        second = answers.second
        return (
            *found,
            self._told("prmse", _prmse, chosen, expected, answers.ratings),
            self._told("degradation", _degradation, twice, decided, human, second),
        )

    def _told(
        self, name: str, statistic: Callable[..., float], chosen: BoolArray, *arrays: FloatArray
    ) -> Statistic:
        n = int(chosen.sum())
        persons = self.answers.persons
        rows = np.flatnonzero(chosen)
        try:
            if n < 2:
                raise AgreementError(f"{n} answers, expected two or more")
            found: Interval = bootstrap(
                statistic,
                *(array[rows] for array in arrays),
                seed=self.seed,
                clusters=None if persons is None else [persons[int(row)] for row in rows],
                n_replicates=self.n_replicates,
            )
        except AgreementError as error:
            return Statistic(name, n, None, note=str(error))
        return Statistic(name, n, found.value, found.low, found.high)


def _item(answers: Evaluated, sample: _Sample, item: str) -> ItemResult:
    chosen = np.array([one == item for one in answers.items])
    stage = answers.stages[int(chosen.argmax())]
    double = int(np.isfinite(answers.second[chosen]).sum())
    statistics = sample.machine(chosen, with_truth=False)
    return ItemResult(item, stage, int(chosen.sum()), double, statistics)


def _prmse(machine: FloatArray, ratings: FloatArray) -> float:
    return prmse(machine, ratings).prmse


def _degradation(machine: FloatArray, human: FloatArray, second: FloatArray) -> float:
    return degradation(
        quadratic_weighted_kappa(human, second), quadratic_weighted_kappa(machine, human)
    )


def _root_mean_square(a: FloatArray, b: FloatArray) -> float:
    return float(np.sqrt(np.mean((a - b) ** 2)))


def _shares(answers: Evaluated) -> tuple[LevelShare, ...]:
    return tuple(
        LevelShare(
            level, int((answers.human == level).sum()), int((answers.decided == level).sum())
        )
        for level in range(answers.lowest, answers.highest + 1)
    )


def _confusion(answers: Evaluated) -> tuple[tuple[int, ...], ...]:
    """Answers by human level (rows) and machine level (columns)."""
    levels = range(answers.lowest, answers.highest + 1)
    return tuple(
        tuple(
            int(((answers.human == row) & (answers.decided == column)).sum()) for column in levels
        )
        for row in levels
    )


def _coverage(answers: Evaluated) -> tuple[Coverage, ...]:
    if answers.sets is None:
        return ()
    human = answers.human.astype(np.int_)
    inside = answers.sets[np.arange(len(human)), human - answers.lowest]
    size = answers.sets.sum(axis=1)
    parts = [("all", np.ones(len(human), dtype=bool))]
    parts += [(str(level), human == level) for level in np.unique(human)]
    parts += [
        (i, np.array([one == i for one in answers.items])) for i in sorted(set(answers.items))
    ]
    return tuple(
        Coverage(name, int(rows.sum()), float(inside[rows].mean()), float(size[rows].mean()))
        for name, rows in parts
    )


def _lengths(answers: Evaluated) -> tuple[Length, ...]:
    human, machine = answers.human, answers.expected
    columns = {"words": answers.words.astype(np.float64), **answers.features}
    return tuple(
        Length(
            name,
            _or_none(correlation, human, values),
            _or_none(correlation, machine, values),
            _or_none(_given, machine, values, human),
        )
        for name, values in columns.items()
    )


def _given(a: FloatArray, b: FloatArray, other: FloatArray) -> float:
    return partial_correlation(a, b, [other])


def _or_none(statistic: Callable[..., float], *arrays: FloatArray) -> float | None:
    try:
        return statistic(*arrays)
    except AgreementError:
        return None


def _conditions(answers: Evaluated) -> tuple[Condition, ...]:
    """Every condition of acceptance, for the subgroups of the first column that has any."""
    second = answers.second
    found = acceptance(
        answers.probabilities,
        answers.decided,
        answers.human,
        answers.lowest,
        second_human=second if np.isfinite(second).any() else None,
        subgroups=next(iter(answers.groups.values()), ()),
    )
    return tuple(
        Condition(one.name, one.value, one.limit, one.at_least, one.applies, one.passed, one.note)
        for one in found.criteria
    )
