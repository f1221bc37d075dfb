"""The blueprint of the candidate's pages, and whose pages they are."""

from flask import Blueprint
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from web.errors import RefusedError
from web.people.models import Person

bp = Blueprint("candidate", __name__)


def own_person(session: Session) -> Person:
    """The person behind the account that asks; raises RefusedError where there is none."""
    person = session.get(Person, current_user.person_id) if current_user.person_id else None
    if person is None:
        raise RefusedError(
            _("Akun Anda belum terhubung dengan data pegawai. Hubungi BKPP untuk menghubungkannya.")
        )
    return person
