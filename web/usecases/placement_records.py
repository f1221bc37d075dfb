"""What a page shows of a placement: every name in words and every drawing in numbers."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class BoxView:
    """One box. ``shade`` is 1 to 3; ``probability`` is None where unknown or too small to show."""

    number: int
    name: str
    shade: int
    probability: float | None
    placed: bool
    possible: bool


@dataclass(frozen=True, slots=True)
class BoxRow:
    """The boxes of one band of performance, from low to high potential."""

    words: str
    boxes: tuple[BoxView, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A box with its probability, for the sentence above the grid."""

    box: int
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Scale:
    """A competency's drawing, in places along its width; None where unmeasured."""

    dot: float | None
    interval: tuple[float, float] | None
    required: float
    ticks: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class CompetencyView:
    """One required competency; what was not measured is None, ``met`` is a probability."""

    code: str
    name: str
    required: int
    level: int | None
    low: int | None
    high: int | None
    met: float | None
    n_scored: int
    n_pending: int
    scale: Scale

    @property
    def gap(self) -> int:
        """Levels short of the required one; negative above it."""
        return self.required - (self.level if self.level is not None else 0)


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One component of an axis; ``value`` is None while ``missing`` (in words) is not empty."""

    name: str
    weight: float
    value: float | None
    low: float
    high: float
    source: str
    dated: date | None
    measured: bool
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AxisView:
    """One axis; ``total`` is None while something is missing, and ``low`` and ``high`` bound it."""

    components: tuple[ComponentView, ...]
    total: float | None
    interval: tuple[float, float] | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class MatchView:
    """Job person match and its likeliest categories, each with a probability."""

    mean: float | None
    interval: tuple[float, float] | None
    filling: tuple[str, float] | None
    mapping: tuple[str, float] | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PotentialView:
    """The rating of potential, as a share of its greatest value in per cent, and its aspects."""

    mean: float | None
    interval: tuple[float, float] | None
    category: tuple[str, float] | None
    aspects: tuple[tuple[str, float | None], ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PerformanceView:
    year: int
    predicate: str
    results: str
    behaviour: str
    source: str


@dataclass(frozen=True, slots=True)
class EligibilityView:
    target: str
    ok: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IssuedView:
    """Who issued the assessed result, for which job classes it counts, and until when.

    ``internal``: the accreditation does not cover the person's own class.
    """

    unit: str
    accreditation: str
    covers: tuple[str, ...]
    internal: bool
    valid_until: date


@dataclass(frozen=True, slots=True)
class PlacementView:
    """Everything that a page shows of one placement."""

    box: int | None
    box_name: str
    provisional: bool
    pending: bool
    ranking: tuple[Ranked, ...]
    possible: tuple[int, ...]
    rows: tuple[BoxRow, ...]
    columns: tuple[str, ...]
    job_class: str
    competencies: tuple[CompetencyView, ...]
    x: AxisView
    y: AxisView
    missing: tuple[str, ...]
    match: MatchView
    potential: PotentialView
    performance: PerformanceView | None
    recommendations: tuple[str, ...]
    behaviour_values: tuple[str, ...]
    eligibility: tuple[EligibilityView, ...]
    issued: IssuedView | None
    provisional_parameters: bool
    versions: tuple[tuple[str, str], ...]
    assessed_at: datetime | None
    placed_at: datetime
