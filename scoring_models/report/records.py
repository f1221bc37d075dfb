"""A report on a scorer as data: frozen, plain, the same wherever it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Statistic:
    """A number with its 95 % interval; None where the answers cannot tell, and why in ``note``."""

    name: str
    n: int
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class LevelShare:
    """How many answers people and the machine put at a level."""

    level: int
    human: int
    machine: int


@dataclass(frozen=True)
class ItemResult:
    """One prompt: its stage, its answers, and how machine and people agree on it."""

    item: str
    stage: str
    n: int
    n_double: int
    statistics: tuple[Statistic, ...]


@dataclass(frozen=True)
class Bin:
    """One bin of the reliability curve: said, came true, answers times cuts."""

    predicted: float
    observed: float
    n: int


@dataclass(frozen=True)
class Coverage:
    """Share of conformal sets that hold the human level; ``name`` is "all", an item or a level."""

    name: str
    n: int
    coverage: float
    mean_size: float


@dataclass(frozen=True)
class GroupResult:
    """One group: its answers, mean levels, and differences from the base group.

    ``dsm`` is the difference of standardised means; ``accuracy``, ``difference`` and
    ``conditional`` are contrasts with the base group in squared levels, levels and levels (OSA,
    OSD, CSD), None for the base itself and where they could not be computed.
    """

    group: str
    n: int
    human_mean: float
    machine_mean: float
    dsm: float | None
    accuracy: float | None = None
    difference: float | None = None
    conditional: float | None = None


@dataclass(frozen=True)
class Grouping:
    """Groups by one column.

    ``explained`` are adjusted shares of variance that groups explain of squared errors (OSA), of
    errors (OSD), and of errors beyond human levels (CSD); ``p`` belongs to each.
    """

    column: str
    base: str | None
    groups: tuple[GroupResult, ...]
    explained: Mapping[str, float]
    p: Mapping[str, float]
    note: str = ""


@dataclass(frozen=True)
class CurvePoint:
    """Agreement of a model trained on ``n`` scored answers a prompt, tested on others."""

    n: int
    kappa: float
    prompts: int


@dataclass(frozen=True)
class Length:
    """A feature's correlation with human and machine levels, and with the latter given the former.

    ``length`` is the feature's name: word count first, then others.
    """

    length: str
    human: float | None
    machine: float | None
    partial: float | None


@dataclass(frozen=True)
class Condition:
    """A condition of acceptance: what was found against the limit.

    ``applies`` is False where there is nothing to judge, such as no second rating; then it stands
    in nobody's way. ``value`` is None where the answers cannot tell, which does not pass.
    """

    name: str
    value: float | None
    limit: float
    at_least: bool
    applies: bool
    passed: bool
    note: str = ""


@dataclass(frozen=True)
class ScoringReport:
    """All that is known of a model version on a set of answers.

    Attributes
    ----------
    facts : mapping of str to str
        Model, encoder, data and their digests; the seed of the intervals.
    synthetic : bool
        The answers were written to build the scorer: nothing in here is validation.
    lowest, n_levels : int
        The scale.
    n, n_persons, n_raters, n_double : int
        Answers, their authors (0 if unknown), raters, and answers that two or more rated.
    left_to_people : float
        Share of answers that the machine would leave to a person.
    accepted : bool
        Whether every condition passed.
    """

    facts: Mapping[str, str]
    synthetic: bool
    lowest: int
    n_levels: int
    n: int
    n_persons: int
    n_raters: int
    n_double: int
    left_to_people: float
    shares: tuple[LevelShare, ...]
    confusion: tuple[tuple[int, ...], ...]
    human_human: tuple[Statistic, ...]
    machine_human: tuple[Statistic, ...]
    decided_alone: tuple[Statistic, ...]
    items: tuple[ItemResult, ...]
    calibration_error: float
    calibration_noise: float
    reliability: tuple[Bin, ...]
    wanted_coverage: float | None
    coverage: tuple[Coverage, ...]
    groupings: tuple[Grouping, ...]
    learning_curve: tuple[CurvePoint, ...]
    lengths: tuple[Length, ...]
    conditions: tuple[Condition, ...]
    accepted: bool
