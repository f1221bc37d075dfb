"""Recomputing a finished sitting from its log: digests, offers, profile and placements."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from assessment_engine import EngineError, Log, Profile, Replay, place, profile, replay
from assessment_engine import Placement as EnginePlacement
from item_bank.errors import BrokenLogError
from item_bank.finished import latest_snapshot
from item_bank.log import read_log, stored_events, verify
from item_bank.models import ProfileSnapshot, Sitting
from item_bank.pool import AssessmentForm, shared_forms
from web.audit.models import AuditEntry
from web.errors import NotFoundError
from web.people.models import Placement
from web.policies.store import policy_by_id
from web.usecases.results import RESULT_KEPT, profile_from_json

TOLERANCE = 1e-9
"""Largest difference of two numbers that were computed from the same log."""

_profiles: TypeAdapter[Profile] = TypeAdapter(Profile)
_placements: TypeAdapter[EnginePlacement] = TypeAdapter(EnginePlacement)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where what was kept departs from what was recomputed."""

    place: str
    kept: Any
    recomputed: Any


@dataclass(frozen=True, slots=True)
class PlacementCheck:
    """A kept placement, and where it departs from the recomputed one if it does."""

    placement: Placement
    mismatch: Mismatch | None


@dataclass(frozen=True, slots=True)
class Recomputation:
    """What came of recomputing one sitting.

    ``chain_broken_at`` is the first event whose digest does not agree; nothing else is recomputed
    then. ``contradiction`` is the engine's word on a log that contradicts itself.
    ``profile_mismatch`` is None where every number agrees to ``TOLERANCE``, or where no profile was
    kept (``snapshot`` is None).
    """

    sitting: Sitting
    n_events: int
    chain_broken_at: int | None
    contradiction: str
    replay: Replay | None
    snapshot: ProfileSnapshot | None
    profile_mismatch: Mismatch | None
    placements: Sequence[PlacementCheck]

    @property
    def identical(self) -> bool:
        """Whether everything that was kept is what the log gives."""
        return (
            self.chain_broken_at is None
            and not self.contradiction
            and self.replay is not None
            and self.replay.identical
            and self.snapshot is not None
            and self.profile_mismatch is None
            and all(check.mismatch is None for check in self.placements)
        )


def recompute(session: Session, sitting_id: UUID) -> Recomputation:
    """Recompute a sitting from its log and compare with what was kept.

    Raises
    ------
    NotFoundError
        If there is no such sitting.
    """
    sitting = session.get(Sitting, sitting_id)
    if sitting is None:
        raise NotFoundError("no such sitting")
    try:
        verify(session, sitting_id)
        _check_end(session, sitting_id)
    except BrokenLogError as error:
        return Recomputation(sitting, 0, error.sequence, "", None, None, None, ())
    form = shared_forms().get(session, sitting.assessment_id)
    log = read_log(session, sitting_id)
    snapshot = latest_snapshot(session, sitting_id)
    try:
        replayed = replay(form.rules, form.pool, log, sitting.seed)
        mismatch = _profile_mismatch(form, log, snapshot)
    except EngineError as error:
        return Recomputation(sitting, len(log), None, str(error), None, snapshot, None, ())
    checks = _check_placements(session, sitting_id)
    return Recomputation(sitting, len(log), None, "", replayed, snapshot, mismatch, checks)


def _check_end(session: Session, sitting_id: UUID) -> None:
    """Raise BrokenLogError unless the log still holds the last event that a result was kept for.

    The chain of digests alone cannot tell that its end was cut off; the audit chain can.
    """
    kept = session.exec(
        select(AuditEntry)
        .where(AuditEntry.action == RESULT_KEPT, AuditEntry.subject == str(sitting_id))
        .order_by(col(AuditEntry.sequence).desc())
        .limit(1)
    ).first()
    if kept is None:
        return
    digests = {row.sequence: row.digest for row in stored_events(session, sitting_id)}
    last = int(kept.detail["events"])
    if digests.get(last) != kept.detail["log_digest"]:
        raise BrokenLogError(sitting_id, last)


def first_mismatch(kept: Any, recomputed: Any, path: str = "") -> Mismatch | None:
    """The first place at which two JSON values differ, numbers by more than ``TOLERANCE``."""
    return next(_mismatches(kept, recomputed, path), None)


def _mismatches(kept: Any, recomputed: Any, path: str) -> Iterator[Mismatch]:
    match kept, recomputed:
        case Mapping(), Mapping() if set(kept) == set(recomputed):
            for key in sorted(kept):
                yield from _mismatches(kept[key], recomputed[key], f"{path}.{key}".lstrip("."))
        case list(), list() if len(kept) == len(recomputed):
            for index, pair in enumerate(zip(kept, recomputed, strict=True), start=1):
                yield from _mismatches(*pair, f"{path}[{index}]")
        case ((int() | float()), (int() | float())):
            if not math.isclose(kept, recomputed, rel_tol=0.0, abs_tol=TOLERANCE):
                yield Mismatch(path, kept, recomputed)
        case _:
            if kept != recomputed:
                yield Mismatch(path, kept, recomputed)


def _profile_mismatch(
    form: AssessmentForm, log: Log, snapshot: ProfileSnapshot | None
) -> Mismatch | None:
    if snapshot is None:
        return None
    result = profile(form.rules, form.pool, log, form.cuts)
    return first_mismatch(snapshot.profile, _profiles.dump_python(result, mode="json"))


def _check_placements(session: Session, sitting_id: UUID) -> Sequence[PlacementCheck]:
    """Every placement made from this sitting, by the policy and the records that it names."""
    rows = session.exec(
        select(Placement, ProfileSnapshot)
        .join(ProfileSnapshot, col(ProfileSnapshot.id) == col(Placement.profile_snapshot_id))
        .where(ProfileSnapshot.sitting_id == sitting_id)
        .order_by(col(Placement.created_at))
    ).all()
    return [
        PlacementCheck(placement, _placement_mismatch(session, placement, snapshot))
        for placement, snapshot in rows
    ]


def _placement_mismatch(
    session: Session, placement: Placement, snapshot: ProfileSnapshot
) -> Mismatch | None:
    found = place(
        policy_by_id(session, placement.policy_id).engine(),
        profile_from_json(snapshot.profile),
        placement.result["job_class"],
        placement.versions["record_scores"],
    )
    if found.box != placement.box:
        return Mismatch("box", placement.box, found.box)
    return first_mismatch(placement.result, _placements.dump_python(found, mode="json"))
