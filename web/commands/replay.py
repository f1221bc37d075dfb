"""``takar replay``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from web.commands.shared import database, plain_errors
from web.config import Settings

if TYPE_CHECKING:
    from assessment_engine import Finish, Finished, Replay
    from assessment_engine.records import Administer, Offered


@click.command("replay")
@click.argument("sitting")
@plain_errors
def command(sitting: str) -> None:
    """Recompute SITTING from its log: every decision, the profile, the placements.

    SITTING is the id of a sitting in the database, or a JSON file that the audit pages export.
    Says identical, or shows the first difference and ends with status 1.
    """
    if Path(sitting).is_file():
        _file(Path(sitting))
        return
    try:
        sitting_id = UUID(sitting)
    except ValueError as error:
        raise click.ClickException(
            f"{sitting!r} is neither the id of a sitting nor a file that is there"
        ) from error
    _stored(sitting_id)


def _file(path: Path) -> None:
    from web.usecases.exported import read_export, recompute_export

    exported = read_export(path)
    _chain(exported.broken_at)
    found, mismatch = recompute_export(exported)
    _decisions(found)
    _same("profile", exported.kept is not None, mismatch)
    click.echo("identical")


def _stored(sitting_id: UUID) -> None:
    from sqlmodel import Session

    from web.usecases.recompute import recompute

    with database(Settings.from_environment()) as (engine, _url), Session(engine) as session:
        found = recompute(session, sitting_id)
    _chain(found.chain_broken_at)
    if found.contradiction or found.replay is None:
        raise click.ClickException(f"the log contradicts itself: {found.contradiction}")
    _decisions(found.replay)
    _same("profile", found.snapshot is not None, found.profile_mismatch)
    for check in found.placements:
        _same(f"placement in box {check.placement.box}", True, check.mismatch)
    click.echo("identical")


def _chain(broken_at: int | None) -> None:
    if broken_at is not None:
        raise click.ClickException(
            f"the log was altered: the digest of event {broken_at} does not agree"
        )


def _decisions(found: "Replay") -> None:
    if found.difference is not None:
        different = found.difference
        raise click.ClickException(
            f"decision {found.n_decisions} differs, position {different.position}: the log has "
            f"{_words(different.offered)}, recomputed is {_words(different.recomputed)}"
        )
    click.echo(f"{found.n_decisions} decisions recomputed")


def _same(what: str, kept: bool, mismatch: Any) -> None:
    if not kept:
        click.echo(f"{what}: none was kept")
    elif mismatch is not None:
        raise click.ClickException(
            f"{what} differs at {mismatch.place}: kept {mismatch.kept!r}, recomputed "
            f"{mismatch.recomputed!r}"
        )


def _words(step: "Offered | Finished | Administer | Finish") -> str:
    from assessment_engine.records import Administer, Offered

    if not isinstance(step, Offered | Administer):
        return f"the end ({step.reason})"
    options = ",".join(map(str, step.option_order))
    said = [f"options {options}" if options else "", f"note {step.note}" if step.note else ""]
    more = "".join(f", {one}" for one in said if one)
    return f"item {step.item} in section {step.section}{more}"
