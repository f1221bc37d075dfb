"""Who may be promoted to a class and why not, and its export."""

from flask import Response, render_template, request
from flask_login import current_user

from web.audit.chain import note_access, record
from web.auth.access import Role, open_to
from web.errors import NotFoundError
from web.personnel.blueprint import bp
from web.personnel.candidacy import candidacies, candidacy_table, target_classes
from web.personnel.exporting import download
from web.personnel.pages.filters import (
    PAGE_SIZE,
    as_query,
    read_chosen,
    read_options,
    read_pages,
)
from web.policies.store import policy_content, policy_in_force
from web.transactions import transaction

SHOWN = ("layak", "tidak")


@bp.get("/kepegawaian/kelayakan")
@open_to(Role.PERSONNEL)
def eligibility() -> str:
    chosen, only = read_chosen(request.args), request.args.get("tampil", "")
    with transaction() as session:
        targets = target_classes(session)
        codes = [code for code, _name in targets]
        target = request.args.get("tujuan", "")
        target = target if target in codes else codes[0]
        judged = candidacies(session, target, chosen)
        policy = policy_content(policy_in_force(session))
        options = read_options(session)
    shown = [one for one in judged if only not in SHOWN or one.ok == (only == "layak")]
    pages = read_pages(request.args, len(shown))
    return render_template(
        "personnel/eligibility.html",
        targets=targets,
        target=target,
        only=only,
        n_eligible=sum(one.ok for one in judged),
        n_all=len(judged),
        shown=shown[pages.offset : pages.offset + PAGE_SIZE],
        pages=pages,
        chosen=chosen,
        query=as_query(chosen) | {"tujuan": target, **({"tampil": only} if only in SHOWN else {})},
        options=options,
        policy=policy,
    )


@bp.get("/kepegawaian/kelayakan/unduh.<file_format>")
@open_to(Role.PERSONNEL)
def eligibility_export(file_format: str) -> Response:
    chosen, only = read_chosen(request.args), request.args.get("tampil", "")
    target = request.args.get("tujuan", "")
    with transaction() as session:
        if target not in dict(target_classes(session)):
            raise NotFoundError("no rule for this class")
        judged = [
            one
            for one in candidacies(session, target, chosen)
            if only not in SHOWN or one.ok == (only == "layak")
        ]
        answer = download(
            candidacy_table(session, target, judged),
            file_format,
            f"kelayakan-{target.replace('_', '-')}",
            {"policy": policy_in_force(session).version, "target": target, **as_query(chosen)},
        )
        for one in judged:
            person_id = one.standing.listed.person.id
            note_access(session, person_id, current_user.id, "personnel.eligibility_export")
        record(
            session,
            str(current_user.id),
            "eligibility exported",
            target,
            people=len(judged),
            format=file_format,
        )
    return answer
