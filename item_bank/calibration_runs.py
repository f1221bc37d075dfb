"""Queries on calibration runs; the uploaded file itself is read only where it is needed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from item_bank.models import CalibrationRun

WITHOUT_FILE = defer(CalibrationRun.data, raiseload=True)  # type: ignore[arg-type]


def calibration_runs(session: Session) -> Sequence[CalibrationRun]:
    """All runs without their files, the newest first."""
    return session.exec(
        select(CalibrationRun).options(WITHOUT_FILE).order_by(col(CalibrationRun.created_at).desc())
    ).all()


def calibration_run(session: Session, run_id: UUID) -> CalibrationRun | None:
    """One run without its file."""
    return session.exec(
        select(CalibrationRun).options(WITHOUT_FILE).where(CalibrationRun.id == run_id)
    ).first()
