"""Calibration runs: a file is checked at once, kept or refused, and fitted by the worker."""

import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import structlog
from sqlalchemy import Engine
from sqlmodel import Session
from werkzeug.utils import secure_filename

from item_bank.database import unit_of_work, utcnow
from item_bank.models import CalibrationRun
from web import jobs
from web.audit.chain import record
from web.errors import RefusedError
from web.usecases.calibration_words import in_words

if TYPE_CHECKING:
    from calibration import Responses

log = structlog.get_logger()

FitModel = Literal["Rasch", "1PL", "2PL", "3PL", "4PL", "GRM", "PCM", "GPCM", "NRM"]
BETWEEN_NOTES = 0.5
"""Seconds at least between two notes of progress, so that a fast fit is not slowed by writing."""

INTERRUPTED = "interrupted"
"""Stands as a run's error where something other than the data stopped it."""


def start(
    session: Session,
    actor: str,
    file_name: str,
    data: bytes,
    *,
    model: FitModel,
    frequency: str | None,
) -> CalibrationRun:
    """Check an uploaded response file, keep it, and put the fit into the queue.

    Raises
    ------
    RefusedError
        If the file cannot be calibrated by this model, naming row and column; nothing was kept.
    """
    from calibration import CalibrationError
    from calibration.cells import cells_of
    from calibration.prepare import scheme_of
    from calibration.survey import survey

    try:
        found, _ = survey(cells_of(_responses(file_name, data, frequency)), None)
        scheme_of(found, model, {})
    except CalibrationError as error:
        raise RefusedError(in_words(str(error))) from error
    run_row = CalibrationRun(
        file_name=_tidy(file_name),
        file_digest=hashlib.sha256(data).hexdigest(),
        data=data,
        model=model,
        weights_column=frequency,
    )
    session.add(run_row)
    session.flush()
    record(
        session,
        actor,
        "calibration started",
        str(run_row.id),
        model=model,
        file_digest=run_row.file_digest,
    )
    jobs.defer(session, jobs.run_calibration, run_id=str(run_row.id))
    return run_row


def run(engine: Engine, run_id: UUID) -> None:
    """Fit one run and keep its result, or the reason why there is none.

    A run that was interrupted starts again; a run that is over stays as it is.
    """
    from calibration import CalibrationError, calibrate
    from calibration.exchange import as_json

    with unit_of_work(engine) as session:
        row = session.get_one(CalibrationRun, run_id, with_for_update=True)
        if row.status in ("done", "failed"):
            return
        row.status, row.iteration = "running", 0
        name, data, model, frequency = row.file_name, row.data, row.model, row.weights_column
    try:
        result = calibrate(
            _responses(name, data, frequency), model=model, progress=_progress(engine, run_id)
        )
    except CalibrationError as error:
        _finish(engine, run_id, status="failed", error=str(error))
    except Exception as error:
        log.error("calibration failed", run=str(run_id), exc_info=error)
        _finish(engine, run_id, status="failed", error=INTERRUPTED)
    else:
        _finish(
            engine,
            run_id,
            status="done",
            result=as_json(result, covariance=False),
            iteration=result.iterations,
            log_likelihood=result.log_likelihood,
            largest_change=result.largest_change,
        )


def _finish(engine: Engine, run_id: UUID, **values: Any) -> None:
    with unit_of_work(engine) as session:
        row = session.get_one(CalibrationRun, run_id)
        row.sqlmodel_update({**values, "finished_at": utcnow()})


def _progress(engine: Engine, run_id: UUID) -> Callable[[int, float, float], None]:
    last = -BETWEEN_NOTES

    def note(iteration: int, log_likelihood: float, largest_change: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < BETWEEN_NOTES:
            return
        last = now
        with unit_of_work(engine) as session:
            row = session.get_one(CalibrationRun, run_id)
            row.iteration = iteration
            row.log_likelihood = log_likelihood
            row.largest_change = largest_change

    return note


def _responses(file_name: str, data: bytes, frequency: str | None) -> "Responses":
    """The file's answers; a file under its own name, so that messages name it."""
    from calibration import read_responses

    with tempfile.TemporaryDirectory(prefix="takar-") as folder:
        path = Path(folder) / _tidy(file_name)
        path.write_bytes(data)
        return read_responses(path, frequency=frequency)


def _tidy(file_name: str) -> str:
    return secure_filename(file_name) or "berkas"
