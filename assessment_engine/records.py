"""Records that the engine reads and returns.

Abilities are in logits with the scaling constant D = 1; times are seconds since the sitting was
opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from assessment_engine.stopping_rules import Axis

Model = Literal["Rasch", "1PL", "2PL", "3PL", "4PL", "GRM", "PCM", "GPCM", "NRM"]
ItemKind = Literal["choice", "keyed", "free_text"]


@dataclass(frozen=True, slots=True)
class Item:
    """One item with its parameters, as the engine sees it.

    ``b`` holds one difficulty for Rasch to 4PL, ascending thresholds for GRM and step difficulties
    for PCM and GPCM, so that a polytomous item has ``len(b) + 1`` categories, coded 0, 1, 2, ...
    ``a`` is 1 for Rasch and PCM. For NRM ``slopes`` and ``b`` hold the slopes and the intercepts of
    categories 1, 2, ... against category 0, whatever the order of categories; its ``a`` is 1.
    ``stimulus`` names the text or case that the item shares with others, ``words`` is what there is
    to read in it, and ``tags`` are further attributes such as ``"level=3"`` that blueprints count.
    """

    id: str
    dimension: str
    model: Model
    a: float
    b: tuple[float, ...]
    c: float = 0.0
    d: float = 1.0
    kind: ItemKind = "keyed"
    content: str = ""
    enemies: frozenset[str] = frozenset()
    seconds: float = 60.0
    n_options: int = 0
    slopes: tuple[float, ...] = ()
    stimulus: str = ""
    words: int = 0
    tags: frozenset[str] = frozenset()

    @property
    def n_categories(self) -> int:
        return len(self.b) + 1


@dataclass(frozen=True, slots=True)
class Response:
    """One scored answer: a likelihood over the item's categories.

    A certain score is a vector with a single 1. A fallible scorer gives ``p_k(text) / base
    rate_k``, so that its doubt widens the posterior. A pending answer is no response yet.

    A scorer may be severe or lenient with all answers of a person alike. Then ``severities`` holds
    the likelihood at each Gauss-Hermite node of its severity, and ``likelihood`` their average:
    posterior densities integrate over the severity that the answers share, estimates by a mode
    take each answer's average.
    """

    item: str
    likelihood: tuple[float, ...]
    severities: tuple[tuple[float, ...], ...] = ()


# The log of a sitting. Events are appended, never changed; everything else is derived from them.


@dataclass(frozen=True, slots=True)
class Opened:
    """``eligible`` names the items that this sitting may draw on (empty: all).

    ``extra_time`` is an accommodation, seconds: each section gets it, and the total once.
    ``withheld`` are the items that exposure control keeps back, a set for each segment of ability,
    and ``lifted`` the segments whose set could not be kept back;
    ``pretest`` the items on trial that this sitting tries, in order; ``axis`` what the person's
    placement rests on, for nine-box stopping.
    """

    at: float
    assessment: str
    parameter_set: str
    eligible: tuple[str, ...]
    extra_time: float = 0.0
    withheld: tuple[tuple[str, ...], ...] = ()
    lifted: tuple[int, ...] = ()
    pretest: tuple[str, ...] = ()
    axis: Axis | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """Positions count from 1; ``option_order`` lists option numbers from 1 as they are shown.

    ``shadow`` holds what was still to be given of the shadow test that chose the item; the next
    search starts from it. Empty where none was assembled.
    """

    at: float
    position: int
    section: str
    item: str
    option_order: tuple[int, ...] = ()
    note: str = ""
    shadow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """``category`` is None while a free-text answer waits for its score."""

    at: float
    position: int
    item: str
    category: int | None
    option: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A score that arrived after its answer; the last one for a position counts.

    ``likelihood`` and ``severities`` are those of the ``Response`` that it makes.
    """

    at: float
    position: int
    likelihood: tuple[float, ...]
    by: Literal["machine", "human"]
    rating: str = ""
    severities: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Expired:
    """Time ran out before this offer was answered: the item counts as seen, not as wrong."""

    at: float
    position: int


@dataclass(frozen=True, slots=True)
class Paused:
    at: float


@dataclass(frozen=True, slots=True)
class Resumed:
    at: float


@dataclass(frozen=True, slots=True)
class Extended:
    at: float
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Flagged:
    at: float
    position: int
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    at: float
    reason: str


Event = (
    Opened
    | Offered
    | Answered
    | Scored
    | Expired
    | Paused
    | Resumed
    | Extended
    | Flagged
    | Finished
)
Log = tuple[Event, ...]


# What to do next.


@dataclass(frozen=True, slots=True)
class Administer:
    """What to offer; the fields are those of ``Offered``."""

    item: str
    position: int
    section: str
    option_order: tuple[int, ...]
    note: str = ""
    shadow: tuple[str, ...] = ()

    def offered(self, at: float) -> Offered:
        """The event that records this offer, made at ``at`` seconds."""
        return Offered(
            at,
            self.position,
            self.section,
            self.item,
            self.option_order,
            self.note,
            self.shadow,
        )

    @classmethod
    def of(cls, offer: Offered) -> "Administer":
        """The step that an offer recorded."""
        return cls(
            offer.item,
            offer.position,
            offer.section,
            offer.option_order,
            offer.note,
            offer.shadow,
        )


@dataclass(frozen=True, slots=True)
class Finish:
    reason: str


Step = Administer | Finish


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Seconds left; None where no limit is set."""

    section: float | None
    total: float | None


# Results.


@dataclass(frozen=True, slots=True)
class Ability:
    """``theta`` and its standard error, logits, with the posterior's central 95 % interval.

    ``at_fence``: the estimate would lie beyond the rules' grid, whose end stands in its place.
    """

    theta: float
    se: float
    interval: tuple[float, float]
    at_fence: bool = False


@dataclass(frozen=True, slots=True)
class DimensionResult:
    """One competency: ability, probability of each level 1-5, and the level reported."""

    dimension: str
    ability: Ability
    level_probabilities: tuple[float, ...]
    level: int
    level_interval: tuple[int, int]
    n_scored: int
    n_pending: int
    stop_reason: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What the log says of a person; dimensions without a scored answer are absent, never zero.

    ``covariance`` is the joint posterior's, in the order of ``dimensions``; empty where each
    dimension was estimated by itself.
    """

    dimensions: Mapping[str, DimensionResult]
    pending: tuple[int, ...] = ()
    flags: tuple[Flagged, ...] = field(default=())
    covariance: tuple[tuple[float, ...], ...] = ()
