"""Writing the stimuli of a folder: a changed one gets a further version beside the old."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from item_bank.importing.references import ItemFile, stimuli_of
from item_bank.importing.schema import StimulusIn
from item_bank.models import Stimulus, StimulusVersion


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of content as JSON, hexadecimal."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_stimuli(session: Session, files: Sequence[ItemFile]) -> dict[str, StimulusVersion]:
    """The version of each stimulus of a folder, by code, written where the bank has it not."""
    return {code: _write(session, file, given) for code, (file, given) in stimuli_of(files).items()}


def changed_stimuli(session: Session, files: Sequence[ItemFile]) -> list[StimulusVersion]:
    """The newest versions in the bank that the files' words would put out of date."""
    newest = [
        (newest_version(session, code), file, given)
        for code, (file, given) in stimuli_of(files).items()
    ]
    return [kept for kept, file, given in newest if kept and not _same(kept, file, given)]


def newest_version(session: Session, code: str) -> StimulusVersion | None:
    return session.exec(
        select(StimulusVersion)
        .join(Stimulus, col(Stimulus.id) == col(StimulusVersion.stimulus_id))
        .where(Stimulus.code == code)
        .order_by(col(StimulusVersion.version).desc())
        .limit(1)
    ).first()


def _write(session: Session, file: ItemFile, given: StimulusIn) -> StimulusVersion:
    kept = newest_version(session, given.code)
    if kept is not None and _same(kept, file, given):
        return kept
    if kept is None:
        stimulus = Stimulus(code=given.code, competency=file.content.competency)
        session.add(stimulus)
        session.flush()
        stimulus_id, number = stimulus.id, 1
    else:
        stimulus_id, number = kept.stimulus_id, kept.version + 1
    body = _body(given)
    version = StimulusVersion(
        stimulus_id=stimulus_id,
        version=number,
        language=file.content.language,
        body=body,
        digest=digest_of(body),
    )
    session.add(version)
    session.flush()
    return version


def _same(kept: StimulusVersion, file: ItemFile, given: StimulusIn) -> bool:
    return kept.digest == digest_of(_body(given)) and kept.language == file.content.language


def _body(given: StimulusIn) -> dict[str, Any]:
    return given.model_dump(mode="json", exclude_none=True)
