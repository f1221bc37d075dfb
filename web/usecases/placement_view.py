"""From a kept placement to what a page shows of it, so that templates compute nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import get_locale
from sqlmodel import Session, select

from assessment_engine import AxisResult, CompetencyGap, ComponentResult, DimensionResult
from assessment_engine import Placement as EnginePlacement
from item_bank.bank import competencies
from item_bank.models import Assessment, ProfileSnapshot, Sitting
from web.people.models import Placement, TalentScore
from web.policies.schema import PolicyFile, Standing
from web.policies.store import policy_by_id
from web.usecases.issuing import issuance_of
from web.usecases.placement_records import (
    AxisView,
    BoxRow,
    BoxView,
    CompetencyView,
    ComponentView,
    EligibilityView,
    IssuedView,
    MatchView,
    PerformanceView,
    PlacementView,
    PotentialView,
    Ranked,
    Scale,
)
from web.usecases.placement_words import (
    band_x_words,
    band_y_words,
    reason_words,
    standing_words,
    version_rows,
)
from web.usecases.placements import eligibility, engine_placement
from web.usecases.results import profile_from_json

LEVELS = (1, 2, 3, 4, 5)
BLANK_UP_TO = 0.02
"""A probability so small is left out of the grid."""

SHADES = (0.10, 0.40)
"""Probabilities from which a box of one person takes the middle and the darkest shade."""
LEVEL_1_AT, LEVEL_STEP = 18.0, 46.0
"""Places of the levels along the drawing of a scale, which is 220 wide."""


@dataclass(frozen=True, slots=True)
class _Names:
    """The words for codes of one policy and one language."""

    policy: PolicyFile
    competencies: Mapping[str, str]

    def __call__(self, code: str) -> str:
        return self.competencies.get(code) or self.policy.component_name(code)

    def all(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(self, codes)))


@dataclass(frozen=True, slots=True)
class Records:
    """Where components came from: records by component, and the title of the assessment."""

    scores: Mapping[str, TalentScore] = field(default_factory=dict)
    assessment: str = ""


def view_of(session: Session, placement: Placement) -> PlacementView:
    """Read what belongs to a kept placement and build its view, in the language of the request."""
    policy = policy_by_id(session, placement.policy_id)
    snapshot = (
        session.get_one(ProfileSnapshot, placement.profile_snapshot_id)
        if placement.profile_snapshot_id
        else None
    )
    rows = session.exec(
        select(TalentScore).where(TalentScore.person_id == placement.person_id)
    ).all()
    judged = tuple(
        _eligibility(session, placement, policy, one.code)
        for one in policy.job_classes
        if one.code in policy.eligibility
    )
    return build_view(
        placement,
        policy,
        snapshot,
        competency_names(session),
        records=Records(
            {row.component: row for row in rows},
            _assessment_title(session, snapshot) if snapshot else "",
        ),
        judged=judged,
        issued=_issued(session, placement, policy) if snapshot else None,
    )


def competency_names(session: Session) -> dict[str, str]:
    """Names of competencies by code, in the language of the request."""
    english = str(get_locale() or "id") == "en"
    return {one.code: one.name_en if english else one.name_id for one in competencies(session)}


def build_view(
    placement: Placement,
    policy: PolicyFile,
    snapshot: ProfileSnapshot | None,
    competency_words: Mapping[str, str],
    *,
    records: Records | None = None,
    judged: tuple[EligibilityView, ...] = (),
    issued: IssuedView | None = None,
) -> PlacementView:
    """The view of a placement from rows at hand.

    Parameters
    ----------
    placement : Placement
    policy : PolicyFile
        The one that made the placement.
    snapshot : ProfileSnapshot or None
        The one that the placement names.
    competency_words : mapping of competency code to name
    records : Records, optional
        Sources and dates of components.
    judged : tuple of EligibilityView
    issued : IssuedView, optional
        None where nothing was assessed.
    """
    kept = engine_placement(placement)
    names = _Names(policy, competency_words)
    measured = dict(profile_from_json(snapshot.profile).dimensions) if snapshot else {}
    sources = _Sources(placement, snapshot, records or Records())
    box = kept.box
    return PlacementView(
        box=box,
        box_name=policy.box_names[box] if box else "",
        provisional=kept.provisional,
        pending=kept.pending,
        ranking=_ranking(kept, policy),
        possible=kept.possible,
        rows=_rows(kept, policy),
        columns=tuple(band_x_words(band) for band in range(3)),
        job_class=policy.class_name(kept.job_class),
        competencies=_competencies(kept.match.gaps, measured, names),
        x=_axis(kept.x, names, sources),
        y=_axis(kept.y, names, sources),
        missing=names.all(kept.missing),
        match=_match(kept, names),
        potential=_potential(kept, names),
        performance=_performance(placement.versions.get("performance") or {}, policy),
        recommendations=policy.recommendations[box] if box else (),
        behaviour_values=policy.behaviour_values,
        eligibility=judged,
        issued=issued,
        provisional_parameters=placement.versions.get("parameter_set_status") == "provisional",
        versions=version_rows(placement.versions),
        assessed_at=snapshot.created_at if snapshot else None,
        placed_at=placement.created_at,
    )


def _assessment_title(session: Session, snapshot: ProfileSnapshot) -> str:
    sitting = session.get_one(Sitting, snapshot.sitting_id)
    return session.get_one(Assessment, sitting.assessment_id).title


def _issued(session: Session, placement: Placement, policy: PolicyFile) -> IssuedView | None:
    found = issuance_of(session, placement)
    if found is None:
        return None
    covers = tuple(one.name for one in policy.job_classes if one.code in found.covers)
    return IssuedView(
        unit=found.unit,
        accreditation=found.accreditation,
        covers=covers,
        internal=placement.result["job_class"] not in found.covers,
        valid_until=date.fromisoformat(found.valid_until),
    )


def _eligibility(
    session: Session, placement: Placement, policy: PolicyFile, target: str
) -> EligibilityView:
    found = eligibility(session, placement, target)
    reasons = tuple(reason_words(reason, policy) for reason in found.reasons)
    return EligibilityView(policy.class_name(target), found.ok, reasons)


def _ranking(kept: EnginePlacement, policy: PolicyFile) -> tuple[Ranked, ...]:
    ordered = sorted(kept.probabilities.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(
        Ranked(box, policy.box_names[box], probability)
        for box, probability in ordered
        if probability > BLANK_UP_TO
    )


def _rows(kept: EnginePlacement, policy: PolicyFile) -> tuple[BoxRow, ...]:
    """Rows from the highest band of performance down, as on the drawn axis."""
    order: tuple[Standing, ...] = ("above", "meets", "below")
    return tuple(
        BoxRow(
            band_y_words(2 - index),
            tuple(_box(kept, policy, number) for number in policy.boxes[standing]),
        )
        for index, standing in enumerate(order)
    )


def _box(kept: EnginePlacement, policy: PolicyFile, number: int) -> BoxView:
    probability = kept.probabilities.get(number)
    shown = probability is not None and probability > BLANK_UP_TO
    return BoxView(
        number=number,
        name=policy.box_names[number],
        shade=1 + sum((probability or 0.0) >= limit for limit in SHADES),
        probability=probability if shown else None,
        placed=number == kept.box,
        possible=kept.provisional and number in kept.possible,
    )


def _competencies(
    gaps: tuple[CompetencyGap, ...], measured: Mapping[str, DimensionResult], names: _Names
) -> tuple[CompetencyView, ...]:
    """Sorted by gap, the furthest below the required level first; unmeasured ones last."""
    views = [_competency(gap, measured.get(gap.dimension), names) for gap in gaps]
    return tuple(
        sorted(views, key=lambda one: (one.level is None, -one.gap, one.met or 0.0, one.name))
    )


def _competency(
    gap: CompetencyGap, result: DimensionResult | None, names: _Names
) -> CompetencyView:
    low, high = result.level_interval if result else (None, None)
    interval = (_at(low), _at(high)) if low is not None and high is not None else None
    return CompetencyView(
        code=gap.dimension,
        name=names(gap.dimension),
        required=gap.required,
        level=gap.level,
        low=low,
        high=high,
        met=gap.probability_met,
        n_scored=result.n_scored if result else 0,
        n_pending=result.n_pending if result else 0,
        scale=Scale(
            dot=_at(gap.level) if gap.level is not None else None,
            interval=interval,
            required=_at(gap.required),
            ticks=tuple((level, _at(level)) for level in LEVELS),
        ),
    )


def _at(level: int) -> float:
    return LEVEL_1_AT + LEVEL_STEP * (level - 1)


@dataclass(frozen=True, slots=True)
class _Sources:
    placement: Placement
    snapshot: ProfileSnapshot | None
    records: Records

    def of(self, component: ComponentResult) -> tuple[str, date | None]:
        """Source and date; blank where the record was changed after the placement."""
        if component.source != "record":
            return (
                self.records.assessment,
                self.snapshot.created_at.date() if self.snapshot else None,
            )
        performance: dict[str, Any] = self.placement.versions.get("performance") or {}
        if component.code == "performance" and performance:
            return str(performance["source"]) or str(performance["year"]), None
        row = self.records.scores.get(component.code)
        if row is None or component.value != row.value:
            return "", None
        return row.source, row.dated


def _axis(axis: AxisResult, names: _Names, sources: _Sources) -> AxisView:
    return AxisView(
        components=tuple(_component(one, names, sources) for one in axis.components),
        total=axis.total,
        interval=axis.interval,
        low=axis.low,
        high=axis.high,
    )


def _component(one: ComponentResult, names: _Names, sources: _Sources) -> ComponentView:
    source, dated = sources.of(one) if one.value is not None else ("", None)
    return ComponentView(
        name=names.policy.component_name(one.code),
        weight=one.weight,
        value=one.value,
        low=one.low,
        high=one.high,
        source=source,
        dated=dated,
        measured=one.source != "record",
        missing=names.all(tuple(code for code in one.missing if code != one.code))
        or (names.policy.component_name(one.code),) * bool(one.missing),
    )


def _match(kept: EnginePlacement, names: _Names) -> MatchView:
    found = kept.match
    return MatchView(
        mean=found.mean,
        interval=found.interval,
        filling=_likeliest(found.filling),
        mapping=_likeliest(found.mapping),
        missing=names.all(found.missing),
    )


def _potential(kept: EnginePlacement, names: _Names) -> PotentialView:
    found = kept.potential
    return PotentialView(
        mean=found.mean,
        interval=found.interval,
        category=_likeliest(found.categories),
        aspects=tuple((names(one.code), one.rating) for one in found.aspects),
        missing=names.all(found.missing),
    )


def _performance(kept: Mapping[str, Any], policy: PolicyFile) -> PerformanceView | None:
    if not kept:
        return None
    results: Standing = kept["results"]
    behaviour: Standing = kept["behaviour"]
    return PerformanceView(
        year=kept["year"],
        predicate=policy.predicates[results][behaviour],
        results=standing_words(results),
        behaviour=standing_words(behaviour),
        source=kept["source"],
    )


def _likeliest(shares: Mapping[str, float]) -> tuple[str, float] | None:
    return max(shares.items(), key=lambda pair: pair[1]) if shares else None
