"""The nine-box board of a group, and its export."""

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from web.audit.chain import note_access, record
from web.auth.access import Role, open_to
from web.personnel import board as boards
from web.personnel.blueprint import bp
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


@bp.get("/kepegawaian/papan")
@open_to(Role.PERSONNEL)
def board() -> str:
    chosen, group = read_chosen(request.args), request.args.get("kotak", "")
    with transaction() as session:
        found = boards.standings(session, chosen)
        counted = boards.board(session, found)
        policy = policy_content(policy_in_force(session))
        options = read_options(session)
    shown = [one for one in found if not group or one.group == group]
    pages = read_pages(request.args, len(shown))
    return render_template(
        "personnel/board.html",
        board=counted,
        shown=shown[pages.offset : pages.offset + PAGE_SIZE],
        pages=pages,
        group=group,
        group_words=_group_words(group, policy.box_names),
        chosen=chosen,
        query=as_query(chosen),
        options=options,
        policy=policy,
    )


@bp.get("/kepegawaian/papan/unduh.<file_format>")
@open_to(Role.PERSONNEL)
def board_export(file_format: str) -> Response:
    chosen, group = read_chosen(request.args), request.args.get("kotak", "")
    with transaction() as session:
        found = [
            one for one in boards.standings(session, chosen) if not group or one.group == group
        ]
        answer = download(
            boards.board_table(session, found),
            file_format,
            "papan-sembilan-kotak",
            {"policy": policy_in_force(session).version, **as_query(chosen), "box": group},
        )
        for one in found:
            note_access(session, one.listed.person.id, current_user.id, "personnel.board_export")
        record(session, str(current_user.id), "board exported", file_format, people=len(found))
    return answer


def _group_words(group: str, box_names: dict[int, str]) -> str:
    names = {str(number): name for number, name in box_names.items()}
    if group in names:
        return str(_("Kotak %(number)s: %(name)s", number=group, name=names[group]))
    words = {
        boards.PROVISIONAL: _("Penempatan sementara"),
        boards.UNPLACED: _("Belum ditempatkan"),
    }
    return str(words.get(group, _("Semua pegawai")))
