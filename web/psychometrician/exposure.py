"""What the page on exposure shows of one assessment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from assessment_engine.exposure import ItemEligibility, RealisedExposure, realised_exposure
from item_bank.exposure import outcomes_of, scored_items
from item_bank.models import Assessment
from item_bank.pool import shared_forms
from web.errors import NotFoundError
from web.psychometrician.pages import competency_names

LEAST_IN_SEGMENT = 20
"""Sittings that a segment needs before a rate within it is held against the ceiling."""


@dataclass(frozen=True, slots=True)
class ExposurePage:
    """Exposure over the finished sittings of one assessment; ``chosen`` is None in an empty bank.

    ``control`` holds the ceiling and segments where the rules control exposure by item eligibility.
    """

    assessments: Sequence[Assessment]
    chosen: Assessment | None
    found: RealisedExposure | None
    control: ItemEligibility | None
    parameter_set: UUID | None
    names: Mapping[str, str]

    @property
    def choices(self) -> list[tuple[UUID, str]]:
        return assessment_choices(self.assessments)

    @property
    def least_in_segment(self) -> int:
        return LEAST_IN_SEGMENT

    @property
    def above(self) -> int:
        """Items beyond the ceiling in some segment of ability."""
        if self.found is None or self.control is None:
            return 0
        limit = self.control.r_max
        return sum(one.highest is not None and one.highest > limit for one in self.found.items)


def exposure_page(session: Session, assessment_id: UUID | None) -> ExposurePage:
    """Exposure of an assessment's items, of the newest assessment unless said otherwise.

    Raises
    ------
    NotFoundError
        If there is no such assessment.
    """
    assessments = all_assessments(session)
    names = competency_names(session)
    chosen = next((one for one in assessments if assessment_id in (None, one.id)), None)
    if chosen is None:
        if assessment_id is not None:
            raise NotFoundError("no such assessment")
        return ExposurePage((), None, None, None, None, names)
    form = shared_forms().get(session, chosen.id)
    return ExposurePage(
        assessments=assessments,
        chosen=chosen,
        found=realised_exposure(
            scored_items(form),
            outcomes_of(session, chosen.id),
            least_in_segment=LEAST_IN_SEGMENT,
        ),
        control=form.rules.eligibility,
        parameter_set=form.parameter_set.id,
        names=names,
    )


def all_assessments(session: Session) -> Sequence[Assessment]:
    """Every version of every assessment, the newest first."""
    return session.exec(select(Assessment).order_by(col(Assessment.created_at).desc())).all()


def assessment_choices(assessments: Sequence[Assessment]) -> list[tuple[UUID, str]]:
    """Ids with what a reader knows them by."""
    return [(one.id, f"{one.title} ({one.code}, {one.version})") for one in assessments]
