"""Uploaded files that wait for a person to say that they may be written."""

from collections.abc import Sequence
from pathlib import PurePath
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, select

from item_bank.database import utcnow
from web.errors import NotFoundError, RefusedError
from web.personnel.importing import Counts, Kind, ReadImport, compare, write_rows
from web.personnel.models import StagedImport

LISTED = 20


def stage(session: Session, read: ReadImport, file_name: str, account_id: UUID) -> StagedImport:
    staged = StagedImport(
        kind=read.kind.value,
        file_name=PurePath(file_name.replace("\\", "/")).name[:120],
        rows=read.rows,
        errors=[issue.as_json() for issue in read.errors],
        warnings=[issue.as_json() for issue in read.warnings],
        staged_by=account_id,
    )
    session.add(staged)
    session.flush()
    return staged


def latest_staged(session: Session) -> Sequence[StagedImport]:
    return session.exec(
        select(StagedImport).order_by(col(StagedImport.staged_at).desc()).limit(LISTED)
    ).all()


def staged_import(session: Session, staged_id: UUID, *, lock: bool = False) -> StagedImport:
    """One staged file.

    Raises
    ------
    NotFoundError
        If there is none, or it was cancelled.
    """
    wanted = select(StagedImport).where(StagedImport.id == staged_id)
    found = session.exec(wanted.with_for_update() if lock else wanted).first()
    if found is None:
        raise NotFoundError("no such staged import")
    return found


def effect(session: Session, staged: StagedImport) -> Counts:
    """What writing a staged file would do now."""
    return compare(session, Kind(staged.kind), staged.rows)


def confirm(session: Session, staged_id: UUID, account_id: UUID) -> Counts:
    """Write a staged file, once.

    Raises
    ------
    NotFoundError
    RefusedError
        If it holds errors, or was written before.
    """
    staged = staged_import(session, staged_id, lock=True)
    if staged.written_at is not None:
        raise RefusedError(
            _("Berkas ini sudah disimpan sebelumnya, sehingga tidak ada yang diubah.")
        )
    if staged.errors:
        raise RefusedError(
            _(
                "Berkas ini masih berisi kesalahan, sehingga tidak dapat disimpan. Perbaiki lalu "
                "unggah lagi."
            )
        )
    counts = write_rows(session, Kind(staged.kind), staged.rows, str(account_id), str(staged.id))
    staged.written_at = utcnow()
    session.flush()
    return counts


def cancel(session: Session, staged_id: UUID) -> None:
    """Remove a staged file that was not written."""
    staged = staged_import(session, staged_id, lock=True)
    if staged.written_at is not None:
        raise RefusedError(_("Berkas ini sudah disimpan, sehingga tidak dapat dibatalkan."))
    session.delete(staged)
