"""What the pages on sittings show: signs, fit, times and the trail, computed from the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, isfinite
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, select

from assessment_engine import EngineError, signs_of, trail_of
from assessment_engine.person_fit import PersonFit
from assessment_engine.records import Finished, Log
from assessment_engine.response_times import AnswerTime, raised_by
from assessment_engine.signs import Signs
from assessment_engine.trail import TrailStep
from item_bank.log import read_log
from item_bank.models import Sitting
from item_bank.pool import AssessmentForm, shared_forms
from web.audit.chain import note_access
from web.errors import NotFoundError, RefusedError
from web.people.models import Person
from web.psychometrician.pages import competency_names
from web.psychometrician.plots import Plot
from web.psychometrician.sign_words import offer_notes
from web.rendering import number

PAGE_NAME = "psychometrician.sitting"


@dataclass(frozen=True, slots=True)
class FitRow:
    """Person fit of one competency, or of all together where ``name`` is empty."""

    name: str
    fit: PersonFit
    is_sign: bool
    at_fence: bool


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One offer with its remarks; ``se`` is None where the answers tell nothing yet."""

    step: TrailStep
    se: float | None
    note: str


@dataclass(frozen=True, slots=True)
class SittingPage:
    """One sitting as a psychometrician sees it: without identity.

    ``seen_in`` holds, by sign, the names of the competencies that show it; ``raised``, by flag on
    times, the answers that raised it.
    """

    sitting: Sitting
    form: AssessmentForm
    n_events: int
    n_answers: int
    finish: Finished | None
    signs: Signs
    fits: tuple[FitRow, ...]
    seen_in: Mapping[str, Sequence[str]]
    raised: Mapping[str, Sequence[AnswerTime]]
    names: Mapping[str, str]
    trail: tuple[TrailRow, ...]
    plot: Plot | None

    @property
    def finished_at(self) -> datetime | None:
        """When the sitting ended; None while it goes on."""
        if self.finish is None:
            return None
        return self.sitting.opened_at + timedelta(seconds=self.finish.at)

    @property
    def time_ratio(self) -> float | None:
        """Typical time over planned time; None without a timed answer."""
        speed = self.signs.times.speed
        return None if speed is None else exp(-speed)


def sitting_page(session: Session, sitting_id: UUID) -> SittingPage:
    """One sitting by its log so far, finished or not.

    Raises
    ------
    NotFoundError
        If there is no such sitting.
    RefusedError
        If its log contradicts itself.
    """
    sitting = session.get(Sitting, sitting_id)
    if sitting is None:
        raise NotFoundError("no such sitting")
    form = shared_forms().get(session, sitting.assessment_id)
    log = read_log(session, sitting_id)
    names = competency_names(session)
    try:
        signs = signs_of(form.rules, form.pool, log)
        trail = trail_of(form.rules, form.pool, log)
    except EngineError as error:
        raise RefusedError(
            _(
                "Catatan asesmen ini bertentangan dengan dirinya sendiri, sehingga tidak dapat"
                " dihitung. Minta pemeriksa menghitung ulang asesmen ini."
            )
        ) from error
    return SittingPage(
        sitting=sitting,
        form=form,
        n_events=len(log),
        n_answers=sum(step.seconds is not None for step in trail),
        finish=_finish(log),
        signs=signs,
        fits=_fit_rows(signs, names),
        seen_in={
            "misfit": [names.get(code, code) for code in signs.misfitting],
            "at_fence": [names.get(code, code) for code in signs.at_fence],
        },
        raised={flag: raised_by(signs.times, flag) for flag in signs.times.flags},
        names=names,
        trail=tuple(map(_trail_row, trail)),
        plot=_trail_plot(trail, names),
    )


def note_reading(session: Session, page: SittingPage, account_id: Any) -> None:
    """Keep for the person that a psychometrician read the sitting."""
    person = session.exec(select(Person).where(Person.candidate == page.sitting.candidate)).first()
    if person is not None:
        note_access(session, person.id, account_id, PAGE_NAME)


def _trail_row(step: TrailStep) -> TrailRow:
    note = step.offer.note
    parts = [_("butir percobaan, tidak diskor")] if step.on_trial else []
    if note:
        parts.append(offer_notes().get(note, note))
    se = step.ability.se if step.ability and isfinite(step.ability.se) else None
    return TrailRow(step, se, "; ".join(parts))


def _finish(log: Log) -> Finished | None:
    return next((event for event in log if isinstance(event, Finished)), None)


def _fit_rows(signs: Signs, names: Mapping[str, str]) -> tuple[FitRow, ...]:
    rows = [
        FitRow(name, fit, code in signs.misfitting, code in signs.at_fence)
        for code, name in names.items()
        if (fit := signs.fit.dimensions.get(code)) is not None
    ]
    return (*rows, FitRow("", signs.fit.overall, signs.overall_misfit, at_fence=False))


def _trail_plot(trail: Sequence[TrailStep], names: Mapping[str, str]) -> Plot | None:
    """Ability after each answer; None while none tells anything."""
    from web.psychometrician.trail_chart import Point, estimates_chart  # altair is slow

    points = [
        Point(
            step.offer.position,
            step.ability.theta,
            step.ability.se,
            names.get(step.dimension, step.dimension),
        )
        for step in trail
        if step.ability is not None and isfinite(step.ability.se)
    ]
    if not points:
        return None
    last = {point.series: point for point in points}
    words = "; ".join(
        _(
            "%(name)s %(theta)s dengan galat baku %(se)s",
            name=name,
            theta=number(point.theta, 2),
            se=number(point.se, 2),
        )
        for name, point in last.items()
    )
    return Plot(
        id="jejak",
        title=_("Kemampuan setelah setiap jawaban, dengan satu galat baku ke atas dan ke bawah"),
        alternative=_("Perkiraan terakhir, dalam logit: %(words)s.", words=words),
        spec=estimates_chart(
            points,
            answer=_("Urutan butir"),
            ability=_("Kemampuan (logit)"),
            legend=_("Kompetensi"),
        ),
        head=(),
        rows=(),
    )
