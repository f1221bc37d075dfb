"""Queries and acts on accounts."""

from uuid import UUID

from sqlmodel import Session, select

from web.audit.chain import record
from web.auth.access import Role
from web.auth.models import Account
from web.auth.passwords import hash_password, password_matches


def authenticate(session: Session, login: str, password: str) -> Account | None:
    """The active account of ``login`` if the password is right, else None."""
    account = session.exec(select(Account).where(Account.login == login.strip())).first()
    if not password_matches(account.password_hash if account else None, password):
        return None
    return account if account and account.active else None


def create_account(
    session: Session,
    login: str,
    display_name: str,
    roles: tuple[Role, ...],
    password: str,
    *,
    person_id: UUID | None = None,
    must_change_password: bool = True,
) -> Account:
    """Add an account and record it in the audit chain."""
    account = Account(
        login=login,
        display_name=display_name,
        roles=[role.value for role in roles],
        password_hash=hash_password(password),
        person_id=person_id,
        must_change_password=must_change_password,
    )
    session.add(account)
    session.flush()
    record(session, "system", "account created", str(account.id), roles=account.roles)
    return account


def change_password(session: Session, account_id: UUID, password: str) -> None:
    account = session.get_one(Account, account_id)
    account.password_hash = hash_password(password)
    account.must_change_password = False
    record(session, str(account_id), "password changed", str(account_id))
