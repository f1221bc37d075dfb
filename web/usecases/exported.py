"""A sitting from the file that the audit pages export, recomputed without a database."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from assessment_engine import CutScores, ItemPool, Log, Profile, Replay, Rules, profile, replay
from assessment_engine.records import Item
from item_bank.assessments import AssessmentIn, rules_of
from item_bank.log import digest_of, event_of
from web.errors import WebError
from web.usecases.recompute import Mismatch, first_mismatch

FORMAT = "takar-sitting-1"

_items: TypeAdapter[Item] = TypeAdapter(Item)
_profiles: TypeAdapter[Profile] = TypeAdapter(Profile)


class ExportError(WebError):
    """A file is no exported sitting."""


@dataclass(frozen=True, slots=True)
class ExportedSitting:
    """All that recomputing needs; ``kept`` is the profile of the time, None where none was kept.

    ``broken_at`` is the first event whose digest does not agree, None where all do.
    """

    rules: Rules
    pool: ItemPool
    cuts: CutScores
    seed: int
    log: Log
    kept: Mapping[str, Any] | None
    broken_at: int | None


def read_export(path: Path) -> ExportedSitting:
    """Read a file of the audit pages.

    Raises
    ------
    ExportError
        If it is not readable, or no such file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ExportError(f"{path.name}: format {content['format']!r}, expected {FORMAT!r}")
        parameters = content["parameter_set"]
        kept = content["profile"]
        return ExportedSitting(
            rules=rules_of(AssessmentIn.model_validate(content["assessment"]["definition"])),
            pool=ItemPool(_items.validate_python(row) for row in parameters["items"]),
            cuts={name: tuple(cuts) for name, cuts in parameters["cut_scores"].items()},
            seed=int(content["sitting"]["seed"]),
            log=tuple(event_of(row["kind"], row["payload"]) for row in content["events"]),
            kept=kept["content"] if kept else None,
            broken_at=_broken(UUID(content["sitting"]["id"]), content["events"]),
        )
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ExportError(f"{path.name}: not readable as JSON: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as error:
        raise ExportError(
            f"{path.name}: no sitting as the audit pages export it ({error!r})"
        ) from error


def recompute_export(exported: ExportedSitting) -> tuple[Replay, Mismatch | None]:
    """Every decision of the log again, and the first number of the kept profile that differs.

    Raises
    ------
    EngineError
        If the log contradicts itself, or does not fit the rules and the pool.
    """
    found = replay(exported.rules, exported.pool, exported.log, exported.seed)
    if exported.kept is None:
        return found, None
    again = profile(exported.rules, exported.pool, exported.log, exported.cuts)
    return found, first_mismatch(exported.kept, _profiles.dump_python(again, mode="json"))


def _broken(sitting_id: UUID, rows: Sequence[Mapping[str, Any]]) -> int | None:
    previous = ""
    for expected, row in enumerate(rows, start=1):
        digest = digest_of(previous, sitting_id, row["sequence"], row["kind"], row["payload"])
        if row["sequence"] != expected or row["digest"] != digest:
            return expected
        previous = row["digest"]
    return None
