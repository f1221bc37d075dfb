"""Policies in the database: added by version, never changed; the one in force by its date."""

import hashlib
import json
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from item_bank.database import utcnow
from web.errors import ConfigError
from web.policies.models import Policy
from web.policies.schema import PolicyFile, read_policy

SHIPPED = Path(__file__).with_name("semarang-2026.yaml")


def load_policy(session: Session, path: Path = SHIPPED) -> Policy:
    """Add the policy of a file; the same content is not added twice.

    Raises
    ------
    ConfigError
        If the file is at fault, or its version is already there with other content.
    """
    given = read_policy(path)
    content = given.model_dump(mode="json", by_alias=True)
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    known = session.exec(select(Policy).where(Policy.version == given.version)).first()
    if known is not None:
        if known.digest != digest:
            raise ConfigError(
                f"{path.name}: version {given.version!r} is already loaded with other content; "
                "give the changed policy a new version"
            )
        return known
    policy = Policy(
        version=given.version, effective_from=given.effective_from, content=content, digest=digest
    )
    session.add(policy)
    session.flush()
    return policy


def policy_in_force(session: Session, on: date | None = None) -> Policy:
    """The newest policy in effect on a day (today where none is given)."""
    day = on or utcnow().date()
    found = session.exec(
        select(Policy)
        .where(Policy.effective_from <= day)
        .order_by(col(Policy.effective_from).desc(), col(Policy.loaded_at).desc())
        .limit(1)
    ).first()
    if found is None:
        raise ConfigError("no policy is in force; load one with: takar policy load FILE")
    return found


def policy_content(policy: Policy) -> PolicyFile:
    return PolicyFile.model_validate(policy.content)


def policy_by_id(session: Session, policy_id: UUID) -> PolicyFile:
    return policy_content(session.get_one(Policy, policy_id))
