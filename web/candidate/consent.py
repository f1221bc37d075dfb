"""The notice before the first item, and a person's consent to it."""

from uuid import UUID

from sqlmodel import Session, col, select

from web.audit.chain import record
from web.people.models import Consent, Person

NOTICE_VERSION = "2026-01"
"""Names the file of the notice's words; changed words are a new file, and consent is asked anew."""


def consent_of(session: Session, person_id: UUID) -> Consent | None:
    """The person's consent to the notice as it reads now."""
    return session.exec(
        select(Consent)
        .where(Consent.person_id == person_id, Consent.notice_version == NOTICE_VERSION)
        .order_by(col(Consent.given_at))
        .limit(1)
    ).first()


def give_consent(session: Session, person: Person, account_id: UUID) -> Consent:
    """Keep the consent once; giving it again changes nothing."""
    session.get_one(Person, person.id, with_for_update=True)
    known = consent_of(session, person.id)
    if known is not None:
        return known
    consent = Consent(person_id=person.id, notice_version=NOTICE_VERSION)
    session.add(consent)
    record(session, str(account_id), "consent given", str(person.id), notice=NOTICE_VERSION)
    return consent


def refuse_consent(session: Session, person: Person, account_id: UUID, schedule_id: UUID) -> None:
    """Keep that the person did not agree, so that nobody is asked why no sitting was opened."""
    record(
        session,
        str(account_id),
        "consent refused",
        str(person.id),
        notice=NOTICE_VERSION,
        schedule=str(schedule_id),
    )
