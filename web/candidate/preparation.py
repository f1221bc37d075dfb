"""Before the first item: what is scheduled, the notice and consent, practice, the start."""

from collections.abc import Sequence
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel, Field
from sqlmodel import Session
from werkzeug.wrappers import Response

from item_bank.bank import ItemText, practice_texts
from item_bank.database import utcnow
from web.auth.access import Role, open_to
from web.candidate.blueprint import bp, own_person
from web.candidate.consent import NOTICE_VERSION, consent_of, give_consent, refuse_consent
from web.candidate.invitations import Invited, State, invitation_to, invitations_of
from web.candidate.item_page import options_of
from web.errors import NotFoundError, RefusedError
from web.forms import read_form
from web.policies.store import policy_content, policy_in_force
from web.transactions import transaction
from web.usecases.placements import latest_placement
from web.usecases.sittings import MAX_TEXT, open_sitting

BEFORE_OPENING = (State.UPCOMING, State.OPEN)


class ConsentIn(BaseModel):
    agree: bool = False


class PracticeIn(BaseModel):
    shown: int | None = Field(default=None, ge=1, le=9)
    text: str | None = Field(default=None, max_length=MAX_TEXT)


@bp.get("/asesmen")
@open_to(Role.CANDIDATE)
def home() -> str:
    """What is scheduled for the one who asks, and where each sitting stands."""
    with transaction() as session:
        person = own_person(session)
        invited = invitations_of(session, person.id)
        placement = latest_placement(session, person.id)
    return render_template(
        "candidate/home.html", person=person, invited=invited, placement=placement, now=utcnow()
    )


@bp.get("/asesmen/jadwal/<uuid:schedule_id>/persetujuan")
@open_to(Role.CANDIDATE)
def notice(schedule_id: UUID) -> str:
    return _notice(schedule_id)


@bp.post("/asesmen/jadwal/<uuid:schedule_id>/persetujuan")
@open_to(Role.CANDIDATE)
def consent(schedule_id: UUID) -> Response | tuple[str, int]:
    """Keep the consent and go on to practice; nothing goes on without the tick."""
    form = read_form(ConsentIn, request.form)
    if form.value is None or not form.value.agree:
        message = _(
            "Beri tanda pada pernyataan ini bila Anda setuju. Bila tidak, pilih Saya tidak setuju."
        )
        return _notice(schedule_id, errors={"agree": message}), 422
    with transaction() as session:
        person = own_person(session)
        _not_begun(invitation_to(session, person.id, schedule_id))
        give_consent(session, person, current_user.id)
    return redirect(url_for("candidate.practice", schedule_id=schedule_id, number=1), code=303)


@bp.post("/asesmen/jadwal/<uuid:schedule_id>/tolak")
@open_to(Role.CANDIDATE)
def refuse(schedule_id: UUID) -> Response:
    with transaction() as session:
        person = own_person(session)
        _not_begun(invitation_to(session, person.id, schedule_id))
        refuse_consent(session, person, current_user.id, schedule_id)
    return redirect(url_for("candidate.refused", schedule_id=schedule_id), code=303)


@bp.get("/asesmen/jadwal/<uuid:schedule_id>/tidak-setuju")
@open_to(Role.CANDIDATE)
def refused(schedule_id: UUID) -> str:
    with transaction() as session:
        invited = invitation_to(session, own_person(session).id, schedule_id)
    return render_template("candidate/refused.html", invited=invited)


@bp.get("/asesmen/jadwal/<uuid:schedule_id>/latihan/<int:number>")
@open_to(Role.CANDIDATE)
def practice(schedule_id: UUID, number: int) -> Response | str:
    """One practice item; past the last one the start page follows."""
    with transaction() as session:
        invited = _agreed(session, schedule_id)
        if invited is None:
            return _to_notice(schedule_id)
        texts = _practice(session, invited)
    if number > len(texts):
        return redirect(url_for("candidate.start", schedule_id=schedule_id))
    return _practice_page(invited, texts, number)


@bp.post("/asesmen/jadwal/<uuid:schedule_id>/latihan/<int:number>")
@open_to(Role.CANDIDATE)
def practice_answer(schedule_id: UUID, number: int) -> Response | str | tuple[str, int]:
    """Explain the item that was answered; nothing is kept, so there is nothing to redirect to."""
    form = read_form(PracticeIn, request.form)
    with transaction() as session:
        invited = _agreed(session, schedule_id)
        if invited is None:
            return _to_notice(schedule_id)
        texts = _practice(session, invited)
    if not 1 <= number <= len(texts):
        raise NotFoundError("no such practice item")
    given = form.value or PracticeIn()
    body = texts[number - 1].body
    missing = _missing(body["kind"], given, len(body.get("options", ())))
    message = form.errors.get("text") or missing
    if message:
        page = _practice_page(invited, texts, number, given=given, error=message)
        return page, 422
    return _practice_page(invited, texts, number, given=given, explained=True)


@bp.get("/asesmen/jadwal/<uuid:schedule_id>/mulai")
@open_to(Role.CANDIDATE)
def start(schedule_id: UUID) -> Response | str:
    """The last page before the clock runs: sections, time, how to pause."""
    with transaction() as session:
        invited = _agreed(session, schedule_id)
        if invited is None:
            return _to_notice(schedule_id)
    if invited.invitation.sitting_id is not None:
        return redirect(url_for("candidate.item", sitting_id=invited.invitation.sitting_id))
    return render_template("candidate/start.html", invited=invited)


@bp.post("/asesmen/jadwal/<uuid:schedule_id>/mulai")
@open_to(Role.CANDIDATE)
def begin(schedule_id: UUID) -> Response:
    """Open the sitting; pressed twice, it is the same sitting."""
    with transaction() as session:
        person = own_person(session)
        invitation_to(session, person.id, schedule_id)
        if consent_of(session, person.id) is None:
            return _to_notice(schedule_id)
        sitting = open_sitting(session, person, schedule_id)
    return redirect(url_for("candidate.item", sitting_id=sitting.id), code=303)


def _notice(schedule_id: UUID, errors: dict[str, str] | None = None) -> str:
    with transaction() as session:
        person = own_person(session)
        invited = invitation_to(session, person.id, schedule_id)
        given = consent_of(session, person.id)
        policy = policy_content(policy_in_force(session))
    return render_template(
        "candidate/notice.html",
        invited=invited,
        given=given,
        policy=policy,
        version=NOTICE_VERSION,
        words=f"candidate/notices/{NOTICE_VERSION}.html",
        errors=errors or {},
    )


def _not_begun(invited: Invited) -> None:
    if invited.state not in BEFORE_OPENING:
        raise RefusedError(
            _("Asesmen ini sudah dimulai atau sudah berakhir. Periksa keadaannya di beranda Anda.")
        )


def _agreed(session: Session, schedule_id: UUID) -> Invited | None:
    """The invitation, if its person has agreed to the notice."""
    person = own_person(session)
    invited = invitation_to(session, person.id, schedule_id)
    return invited if consent_of(session, person.id) else None


def _to_notice(schedule_id: UUID) -> Response:
    return redirect(url_for("candidate.notice", schedule_id=schedule_id), code=303)


def _practice(session: Session, invited: Invited) -> Sequence[ItemText]:
    return practice_texts(session, invited.form.definition.practice)


def _missing(kind: str, given: PracticeIn, n_options: int) -> str | None:
    if kind == "free_text":
        return None if (given.text or "").strip() else str(_("Tulis jawaban Anda."))
    if given.shown is None or given.shown > n_options:
        return str(_("Pilih satu jawaban."))
    return None


def _practice_page(
    invited: Invited,
    texts: Sequence[ItemText],
    number: int,
    *,
    given: PracticeIn | None = None,
    error: str | None = None,
    explained: bool = False,
) -> str:
    if number < 1:
        raise NotFoundError("practice items count from 1")
    answered = given or PracticeIn()
    text = texts[number - 1]
    order = range(1, len(text.body.get("options", ())) + 1)
    return render_template(
        "candidate/practice.html",
        invited=invited,
        number=number,
        count=len(texts),
        item=text,
        body=text.body,
        options=options_of(text.body, tuple(order), answered.shown),
        given=answered,
        error=error,
        explained=explained,
        max_text=MAX_TEXT,
    )
