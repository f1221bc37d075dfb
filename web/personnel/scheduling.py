"""Acts on schedules: making one, inviting people, giving them time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, select

from item_bank.database import utcnow
from item_bank.models import Assessment
from web.audit.chain import record
from web.errors import NotFoundError, RefusedError
from web.people.models import Person
from web.personnel.models import Invitation, Schedule
from web.personnel.schedules import Window, window_of
from web.usecases.sittings import extend


@dataclass(frozen=True, slots=True)
class Offer:
    """What is scheduled; ``accreditation`` holds unit, number, level and covers, or is empty."""

    title: str
    assessment_id: UUID
    opens_at: datetime
    closes_at: datetime
    accreditation: Mapping[str, Any]


def create_schedule(session: Session, offer: Offer, account_id: UUID) -> Schedule:
    """Schedule an assessment.

    Raises
    ------
    RefusedError
        If there is no such assessment, or the window ends before it begins.
    """
    if session.get(Assessment, offer.assessment_id) is None:
        raise RefusedError(_("Asesmen yang dipilih tidak ditemukan. Pilih salah satu dari daftar."))
    if offer.closes_at <= offer.opens_at:
        raise RefusedError(_("Waktu tutup seharusnya sesudah waktu buka. Perbaiki salah satunya."))
    schedule = Schedule(
        title=offer.title,
        assessment_id=offer.assessment_id,
        opens_at=offer.opens_at,
        closes_at=offer.closes_at,
        accreditation=dict(offer.accreditation),
        created_by=account_id,
    )
    session.add(schedule)
    session.flush()
    record(
        session,
        str(account_id),
        "schedule created",
        str(schedule.id),
        assessment=str(offer.assessment_id),
        opens_at=offer.opens_at.isoformat(),
        closes_at=offer.closes_at.isoformat(),
        accreditation=dict(offer.accreditation),
    )
    return schedule


def invite(
    session: Session, schedule_id: UUID, extra_time: Mapping[UUID, float], account_id: UUID
) -> int:
    """Invite people; those already invited stay as they are. How many were added.

    Parameters
    ----------
    extra_time : mapping of person to seconds
        Everyone to invite, with the time that an accommodation adds.

    Raises
    ------
    RefusedError
        If the schedule has closed.
    """
    schedule = _open_schedule(session, schedule_id)
    known = set(
        session.exec(select(Invitation.person_id).where(Invitation.schedule_id == schedule.id))
    )
    people = session.exec(select(Person.id).where(col(Person.id).in_(extra_time.keys()))).all()
    added = [person_id for person_id in people if person_id not in known]
    for person_id in added:
        session.add(
            Invitation(
                schedule_id=schedule.id, person_id=person_id, extra_time=extra_time[person_id]
            )
        )
    if added:
        record(
            session,
            str(account_id),
            "people invited",
            str(schedule.id),
            people=sorted(map(str, added)),
            extra_time={str(one): extra_time[one] for one in added if extra_time[one]},
        )
    return len(added)


def set_extra_time(
    session: Session, schedule_id: UUID, person_id: UUID, seconds: float, account_id: UUID
) -> None:
    """Set the time that an accommodation adds, before the person begins.

    Raises
    ------
    NotFoundError
    RefusedError
        If the sitting has begun; it is then extended with a reason.
    """
    invitation = _invitation(session, schedule_id, person_id)
    if invitation.sitting_id is not None:
        raise RefusedError(
            _("Peserta ini sudah memulai asesmen. Tambah waktunya dengan alasan pada halaman ini.")
        )
    invitation.extra_time = seconds
    record(
        session,
        str(account_id),
        "extra time set",
        str(schedule_id),
        person=str(person_id),
        seconds=seconds,
    )


def extend_sitting(
    session: Session,
    schedule_id: UUID,
    person_id: UUID,
    seconds: float,
    reason: str,
    account_id: UUID,
) -> None:
    """Give a begun sitting more time; the reason stands in its log.

    Raises
    ------
    NotFoundError
    RefusedError
        If the sitting has not begun, or has finished.
    """
    invitation = _invitation(session, schedule_id, person_id)
    if invitation.sitting_id is None:
        raise RefusedError(
            _("Peserta ini belum memulai asesmen. Atur waktu tambahannya sebelum mulai.")
        )
    extend(session, invitation.sitting_id, seconds, reason)
    record(
        session,
        str(account_id),
        "sitting extended",
        str(invitation.sitting_id),
        seconds=seconds,
        reason=reason,
    )


def withdraw(session: Session, schedule_id: UUID, person_id: UUID, account_id: UUID) -> None:
    """Take back an invitation whose sitting has not begun.

    Raises
    ------
    NotFoundError
    RefusedError
        If the sitting has begun.
    """
    invitation = _invitation(session, schedule_id, person_id)
    if invitation.sitting_id is not None:
        raise RefusedError(
            _("Peserta ini sudah memulai asesmen, sehingga undangannya tetap berlaku.")
        )
    session.delete(invitation)
    record(
        session, str(account_id), "invitation withdrawn", str(schedule_id), person=str(person_id)
    )


def _open_schedule(session: Session, schedule_id: UUID) -> Schedule:
    schedule = session.exec(
        select(Schedule).where(Schedule.id == schedule_id).with_for_update()
    ).first()
    if schedule is None:
        raise NotFoundError("no such schedule")
    if window_of(schedule, utcnow()) is Window.CLOSED:
        raise RefusedError(
            _("Jadwal ini sudah ditutup. Buat jadwal baru untuk mengundang pegawai.")
        )
    return schedule


def _invitation(session: Session, schedule_id: UUID, person_id: UUID) -> Invitation:
    found = session.exec(
        select(Invitation)
        .where(Invitation.schedule_id == schedule_id, Invitation.person_id == person_id)
        .with_for_update()
    ).first()
    if found is None:
        raise NotFoundError("no such invitation")
    return found
