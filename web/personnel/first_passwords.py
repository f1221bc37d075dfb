"""First passwords, so that people can log in with their NIP; shown once and kept only as a hash."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, or_, select

from web.audit.chain import record
from web.auth.access import Role
from web.auth.models import Account
from web.auth.passwords import hash_password, make_password
from web.errors import RefusedError
from web.people.directory import Listed
from web.people.models import Person

AT_ONCE = 200
"""People whose passwords one request makes; hashing is slow on purpose."""


@dataclass(frozen=True, slots=True)
class Given:
    """A first password for the page that shows it once."""

    listed: Listed
    password: str


@dataclass(frozen=True, slots=True)
class GroupGiven:
    """First passwords of a group, how many have their own, and how many wait for another turn."""

    given: tuple[Given, ...]
    had_own: int
    left: int


def account_of(session: Session, person: Person) -> Account | None:
    """A person's account, by the person or by the NIP as its login."""
    return session.exec(
        select(Account)
        .where(or_(col(Account.person_id) == person.id, col(Account.login) == person.nip))
        .order_by(col(Account.person_id).is_(None))
        .limit(1)
    ).first()


def give_first_password(session: Session, listed: Listed, actor: UUID) -> Given:
    """Make a new first password for one person, and the account where there is none.

    Raises
    ------
    RefusedError
        If the account holds other roles: personnel may not take over a colleague's account.
    """
    account = account_of(session, listed.person)
    if account is not None and set(account.roles) - {Role.CANDIDATE.value}:
        raise RefusedError(
            _(
                "Akun pegawai ini juga dipakai untuk tugas lain, sehingga kata sandinya hanya "
                "dapat diganti oleh pengelola sistem."
            )
        )
    password = make_password()
    _keep(session, listed.person, account, hash_password(password), actor)
    return Given(listed, password)


def give_to_group(
    session: Session, group: Sequence[Listed], actor: UUID, *, again: bool = False
) -> GroupGiven:
    """First passwords for those of a group who have none, at most ``AT_ONCE`` in a turn.

    Parameters
    ----------
    again : bool
        Also make new ones for people who were given one and have not replaced it by their own.
    """
    accounts = {one.person.id: account_of(session, one.person) for one in group}
    waiting = [one for one in group if _waits(accounts[one.person.id], again)]
    own = sum(_has_own(accounts[one.person.id]) for one in group)
    if again and len(waiting) > AT_ONCE:
        raise RefusedError(
            _(
                "%(n)s orang ditemukan, paling banyak %(most)s sekali jalan untuk kata sandi awal "
                "ulang. Berikan dari halaman masing-masing pegawai.",
                n=len(waiting),
                most=AT_ONCE,
            )
        )
    turn = waiting[:AT_ONCE]
    passwords = [make_password() for _one in turn]
    with ThreadPoolExecutor() as pool:
        hashes = list(pool.map(hash_password, passwords))
    for one, password_hash in zip(turn, hashes, strict=True):
        _keep(session, one.person, accounts[one.person.id], password_hash, actor)
    given = tuple(Given(one, password) for one, password in zip(turn, passwords, strict=True))
    return GroupGiven(given, own, len(waiting) - len(turn))


def _waits(account: Account | None, again: bool) -> bool:
    if account is None:
        return True
    plain = set(account.roles) <= {Role.CANDIDATE.value}
    return again and plain and account.must_change_password


def _has_own(account: Account | None) -> bool:
    return account is not None and not account.must_change_password


def _keep(
    session: Session, person: Person, account: Account | None, password_hash: str, actor: UUID
) -> None:
    if account is None:
        account = Account(
            login=person.nip,
            display_name=person.name,
            roles=[Role.CANDIDATE.value],
            password_hash=password_hash,
        )
        session.add(account)
    account.person_id = person.id
    account.password_hash = password_hash
    account.must_change_password = True
    session.flush()
    record(session, str(actor), "first password given", str(person.id), account=str(account.id))
