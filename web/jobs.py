"""Background jobs: a queue in the same PostgreSQL, so that a job commits with its rows.

Only the worker process runs the tasks' bodies; web processes put jobs in and never load an encoder.
"""

from contextlib import suppress
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from item_bank.database import unit_of_work

log = structlog.get_logger()
queue = procrastinate.App(connector=procrastinate.PsycopgConnector())


class _Worker:
    """What the worker process holds: its engine and the encoder's name."""

    engine: Engine
    encoder_name: str | None = None


worker = _Worker()


@queue.task(
    name="score_answer",
    queue="scoring",
    retry=procrastinate.RetryStrategy(max_attempts=5, exponential_wait=4),
)
def score_answer(sitting_id: str, position: int) -> None:
    """Score one free-text answer, or send it to a person with the reasons."""
    from web.usecases.scoring import score_pending

    with unit_of_work(worker.engine) as session:
        decision = score_pending(session, UUID(sitting_id), position, worker.encoder_name)
    log.info("answer scored", sitting=sitting_id, position=position, decision=decision)


@queue.task(name="run_calibration", queue="calibration")
def run_calibration(run_id: str) -> None:
    """Fit an uploaded response file, keeping progress in its row."""
    from web.usecases.calibrations import run

    run(worker.engine, UUID(run_id))


@queue.task(name="train_scorer", queue="scoring", priority=-10)  # answers wait for nobody
def train_scorer(item_id: str, asked_by: str) -> None:
    """Train a model of one free-text item on the ratings that people gave its answers."""
    from web.usecases.scorer_training import train
    from web.usecases.scoring import loaded_encoder

    with unit_of_work(worker.engine) as session:
        model = train(session, UUID(item_id), loaded_encoder(worker.encoder_name), asked_by)
    log.info("scorer trained", item=item_id, number=model.number, problem=model.problem)


@queue.periodic(cron="*/5 * * * *")
@queue.task(
    name="close_abandoned", queue="upkeep", queueing_lock="close_abandoned", pass_context=False
)
def close_abandoned(timestamp: int) -> None:
    """Finish sittings whose time ran out while nobody was there, so that no result hangs."""
    from web.usecases.settling import close_overdue

    with unit_of_work(worker.engine) as session:
        closed = close_overdue(session)
    log.info("overdue sittings closed", count=closed, scheduled=timestamp)


def defer(session: Session, task: procrastinate.tasks.Task, **arguments: object) -> None:  # type: ignore[type-arg]
    """Put a job into the queue within the session's transaction."""
    connection = session.connection().connection.driver_connection
    task.configure(connection=connection).defer(**arguments)  # type: ignore[arg-type]


def defer_once(
    session: Session,
    task: procrastinate.tasks.Task,  # type: ignore[type-arg]
    lock: str,
    **arguments: object,
) -> None:
    """The same, unless a job under the same ``lock`` waits already."""
    with suppress(procrastinate.exceptions.AlreadyEnqueued), session.begin_nested():
        # asked for within the savepoint, which does not begin before
        connection = session.connection().connection.driver_connection
        job = task.configure(connection=connection, queueing_lock=lock)
        job.defer(**arguments)  # type: ignore[arg-type]


def run_worker(engine: Engine, conninfo: str, encoder_name: str | None) -> None:
    """Load the encoder, then work until told to stop by a signal."""
    from web.usecases.scoring import warm_up

    worker.engine, worker.encoder_name = engine, encoder_name
    with unit_of_work(engine) as session:
        warm_up(session, encoder_name)
    with queue.replace_connector(procrastinate.PsycopgConnector(conninfo=conninfo)):
        queue.run_worker(concurrency=1, shutdown_graceful_timeout=5, delete_jobs="successful")
