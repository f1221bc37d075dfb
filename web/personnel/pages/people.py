"""The list of people, a person's page, and first passwords."""

from uuid import UUID

from flask import render_template, request
from flask_login import current_user

from web.audit.chain import note_access
from web.auth.access import Role, open_to
from web.people.directory import count_people, listed, performances, talent_scores
from web.people.directory import people as find_people
from web.personnel.blueprint import bp
from web.personnel.first_passwords import account_of, give_first_password
from web.personnel.importing.known import recorded_components
from web.personnel.pages.filters import (
    PAGE_SIZE,
    as_query,
    read_chosen,
    read_options,
    read_pages,
)
from web.personnel.schedules import sittings_of
from web.policies.store import policy_content, policy_in_force
from web.transactions import transaction
from web.usecases.placement_view import view_of
from web.usecases.placements import latest_placement


@bp.route("/kepegawaian/pegawai", methods=["GET", "POST"])
@open_to(Role.PERSONNEL)
def people() -> str:
    """A search is posted, so that no name or NIP stands in an address."""
    sent = request.form if request.method == "POST" else request.args
    search = request.form.get("cari", "")[:80]
    chosen = read_chosen(sent, search)
    with transaction() as session:
        pages = read_pages(sent, count_people(session, chosen))
        found = find_people(session, chosen, limit=PAGE_SIZE, offset=pages.offset)
        policy = policy_content(policy_in_force(session))
        options = read_options(session)
    return render_template(
        "personnel/people.html",
        found=found,
        pages=pages,
        chosen=chosen,
        query=as_query(chosen),
        options=options,
        policy=policy,
    )


@bp.get("/kepegawaian/pegawai/<uuid:person_id>")
@open_to(Role.PERSONNEL)
def person(person_id: UUID) -> str:
    with transaction() as session:
        found = listed(session, person_id)
        placement = latest_placement(session, person_id)
        policy = policy_content(policy_in_force(session))
        note_access(session, person_id, current_user.id, "personnel.person")
        page = {
            "listed": found,
            "policy": policy,
            "performances": performances(session, person_id),
            "components": recorded_components(policy),
            "scores": talent_scores(session, person_id),
            "placement": view_of(session, placement) if placement else None,
            "sittings": sittings_of(session, found.person),
            "account": account_of(session, found.person),
        }
    return render_template("personnel/person.html", **page)


@bp.post("/kepegawaian/pegawai/<uuid:person_id>/kata-sandi")
@open_to(Role.PERSONNEL)
def first_password(person_id: UUID) -> str:
    """Answers with the page itself: the password is shown once and stands nowhere else."""
    with transaction() as session:
        given = give_first_password(session, listed(session, person_id), current_user.id)
    return render_template("personnel/first_passwords.html", given=[given], schedule=None)
