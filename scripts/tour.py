"""Every page of a furnished centre, as every role: for screenshots and the accessibility test."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, col, select
from werkzeug.exceptions import HTTPException

from assessment_engine.records import Answered
from item_bank.bank import text_in_set
from item_bank.database import unit_of_work, utcnow
from item_bank.log import read_log
from item_bank.models import Rating, Sitting
from web.auth.access import Role
from web.auth.accounts import change_password, create_account
from web.auth.models import Account
from web.candidate.consent import give_consent
from web.demo.people import abilities_of
from web.demo.seed import STAFF, schedule
from web.panel.decisions import DecisionIn, decide
from web.people.models import Objection, Person
from web.personnel.importing.known import known_records
from web.personnel.importing.reading import read_content
from web.personnel.importing.records import Kind
from web.personnel.models import Invitation, Schedule
from web.personnel.staging import stage
from web.public.reports import (
    MessageIn,
    ReportIn,
    find_report,
    send_report,
    write_as_reporter,
)
from web.usecases.appeals import ask_for_rerating, sitting_of_objection
from web.usecases.calibrations import run, start
from web.usecases.placements import latest_placement
from web.usecases.rehearsal import Transactions, rate_by_anchors, sit
from web.usecases.sittings import current, pause
from web.usecases.validity import use_development_papers

PASSWORD = "kata-sandi-peragaan"  # noqa: S105  (a throw-away database)
FAULTY_FILE = b"NIP;Tahun;Hasil kerja;Perilaku\n19680110199001100;2025;baik;sesuai ekspektasi\n"
RESPONSES = (
    b"a,b,c,frequency\n1,1,1,40\n1,1,0,25\n1,0,1,20\n0,1,1,15\n"
    b"1,0,0,22\n0,1,0,12\n0,0,1,9\n0,0,0,20\n"
)
NO_PAGE = ("unduh", ".csv", ".xlsx", "/waktu", "/kemajuan", "/static/")
SEVERAL = {"psychometrician.item": ("DAT-", "INT-0", "INT-F")}
"""Endpoints whose pages look different: one for each beginning of the path's last part."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A page to look at: whose, which, and a name for its file."""

    login: str | None
    url: str
    name: str


@dataclass(frozen=True, slots=True)
class Visitors:
    """Logins of people at different stages of an assessment."""

    staff: tuple[str, ...]
    before: str
    choosing: str
    writing: str
    paused: str
    finished: str
    newcomer: str
    finish_page: str

    def all(self) -> tuple[str | None, ...]:
        return (
            None,
            *self.staff,
            self.before,
            self.choosing,
            self.writing,
            self.paused,
            self.finished,
            self.newcomer,
        )


def furnish(engine: Engine) -> Visitors:
    """Add to a database with bank, policy and people whatever makes each page show something."""
    transactions: Transactions = partial(unit_of_work, engine)
    with transactions() as session:
        staff = _staff(session)
        people = list(session.exec(select(Person).order_by(col(Person.nip).desc())).all())
        made = schedule(
            session, "Peragaan halaman", opened_ago=timedelta(hours=3), open_for=timedelta(days=9)
        )
        assessor, panel, personnel = (
            session.exec(select(Account).where(Account.login == STAFF[role][0])).one().id
            for role in (Role.ASSESSOR, Role.PANEL, Role.PERSONNEL)
        )
        for number, person in enumerate(people[:8]):
            session.add(Invitation(schedule_id=made.id, person_id=person.id))
            account = _candidate(session, person, must_change=number == 5)
            if number != 5:
                give_consent(session, person, account)
    started, finish_page = utcnow() - timedelta(minutes=70), ""
    before, choosing, writing, paused, finished, newcomer, *more = people[:8]
    _until(transactions, choosing, made, free_text=False)
    _until(transactions, writing, made, free_text=True)
    sitting = _until(transactions, paused, made, free_text=False)
    with transactions() as session:
        pause(session, sitting.id, paused.candidate)
    for number, person in enumerate((finished, *more)):
        sat = sit(transactions, person, made.id, abilities_of(number), seed=number, starts=started)
        if person is finished:
            finish_page = f"/asesmen/{sat.id}/selesai"
        if person is more[-1]:
            _advise(transactions, sat)
        else:
            rate_by_anchors(transactions, sat.id, assessor)
    with transactions() as session:
        _paper_work(session, finished, panel, personnel)
        calibration = start(
            session,
            str(personnel),
            "jawaban.csv",
            RESPONSES,
            model="2PL",
            frequency="frequency",
        ).id
    run(engine, calibration)
    return Visitors(
        staff,
        *(one.nip for one in (before, choosing, writing, paused, finished, newcomer)),
        finish_page,
    )


def tour(app: Flask, visitors: Visitors) -> Iterator[Stop]:
    """Follow the links of every visitor's pages; one stop a kind of page and visitor."""
    for login in visitors.all():
        client = app.test_client()
        if login is not None:
            answer = client.post("/masuk", data={"login": login, "password": PASSWORD})
            if answer.status_code != 303:
                raise RuntimeError(f"{login} could not log in: {answer.status}")
        extra = (visitors.finish_page,) if login == visitors.finished else ()
        yield from _follow(app, client, login, _label(visitors, login), extra)


def _follow(
    app: Flask, client: FlaskClient, login: str | None, label: str, extra: tuple[str, ...]
) -> Iterator[Stop]:
    waiting = ["/"] if login is None else ["/mulai", "/kata-sandi", *extra]
    seen: set[str] = set()
    while waiting:
        url = waiting.pop(0)
        if (kind := _kind(app, url)) is None or kind in seen:
            continue
        reply = client.get(url, follow_redirects=True)
        url = reply.request.path + (f"?{q}" if (q := reply.request.query_string.decode()) else "")
        kind = _kind(app, url)
        elsewhere = login is not None and str(kind).startswith("public.")
        if kind is None or kind in seen or elsewhere or reply.mimetype != "text/html":
            continue
        seen.add(kind)
        yield Stop(login, url, f"{label}-{kind.replace('.', '-')}")
        links = _Links(url)
        links.feed(reply.text)
        waiting += [link for link in links.found if not any(word in link for word in NO_PAGE)]


def _kind(app: Flask, url: str) -> str | None:
    """The endpoint of a page, with what tells apart pages of one endpoint that look different."""
    path = urlsplit(url).path
    try:
        endpoint, _arguments = app.url_map.bind("localhost").match(path, method="GET")
    except HTTPException:
        return None
    name = str(endpoint)
    if name in SEVERAL:
        last = path.rsplit("/", 1)[-1]
        return next((f"{name}-{x.strip('-')}" for x in SEVERAL[name] if last.startswith(x)), None)
    return name


class _Links(HTMLParser):
    """The addresses that a page links to, of this site only."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href")
        if tag == "a" and address and not address.startswith(("#", "mailto:", "http")):
            self.found.append(urljoin(self.base, address).split("#")[0])


def _label(visitors: Visitors, login: str | None) -> str:
    if login is None:
        return "umum"
    names = ("before", "choosing", "writing", "paused", "finished", "newcomer")
    stages = {getattr(visitors, name): f"asn-{name}" for name in names}
    return stages.get(login, login)


def _staff(session: Session) -> tuple[str, ...]:
    for role, (login, name) in STAFF.items():
        known = session.exec(select(Account).where(Account.login == login)).first()
        if known is not None:
            change_password(session, known.id, PASSWORD)
        else:
            create_account(session, login, name, (role,), PASSWORD, must_change_password=False)
    return tuple(login for login, _name in STAFF.values())


def _candidate(session: Session, person: Person, *, must_change: bool) -> UUID:
    known = session.exec(select(Account).where(Account.login == person.nip)).first()
    if known is not None:
        change_password(session, known.id, PASSWORD)
        return known.id
    return create_account(
        session,
        person.nip,
        person.name,
        (Role.CANDIDATE,),
        PASSWORD,
        person_id=person.id,
        must_change_password=must_change,
    ).id


def _until(
    transactions: Transactions, person: Person, made: Schedule, *, free_text: bool
) -> Sitting:
    """Open a sitting and answer until the first item, or the first free-text item, is offered."""
    starts = utcnow() - timedelta(minutes=6)
    while True:
        sitting = sit(
            transactions, person, made.id, {}, 3, starts=starts, pace=0.0, stop_after=int(free_text)
        )
        with transactions() as session:
            item = current(session, sitting.id, person.candidate, now=starts).item
        if not free_text or item is None or item.item.kind == "free_text":
            return sitting


def _advise(transactions: Transactions, sitting: Sitting) -> None:
    """A machine's rating of each free-text answer as the gate leaves it: advice to an assessor."""
    with transactions() as session:
        for event in read_log(session, sitting.id):
            if isinstance(event, Answered) and event.text is not None:
                item = text_in_set(session, sitting.parameter_set_id, event.item).item
                session.add(
                    Rating(
                        sitting_id=sitting.id,
                        position=event.position,
                        item_id=item.id,
                        rater_kind="machine",
                        rater="peragaan",
                        level=3,
                        probabilities=[0.05, 0.15, 0.5, 0.2, 0.1],
                        decision="human",
                        reasons=[{"code": "low_ratings", "data": {"ratings": 0, "needed": 30}}],
                    )
                )


def _rated_again(session: Session, objection: Objection, personnel: UUID) -> None:
    """A re-rating of the first free-text answer, and papers that check the raters of its item."""
    sitting_id = sitting_of_objection(session, objection)
    if sitting_id is None:
        raise RuntimeError("the objection is about no sitting")
    log = read_log(session, sitting_id)
    written = next(e for e in log if isinstance(e, Answered) and e.text is not None)
    ask_for_rerating(session, objection.id, [written.position], personnel)
    use_development_papers(session, written.item, "peragaan")


def _paper_work(session: Session, person: Person, panel: UUID, personnel: UUID) -> None:
    """An objection, a decision, an integrity report and a faulty import, as people make them."""
    placement = latest_placement(session, person.id)
    objection = Objection(
        person_id=person.id,
        placement_id=placement.id if placement else None,
        text="Penghargaan saya tahun lalu belum tercatat. Mohon diperiksa kembali.",
    )
    session.add(objection)
    session.flush()
    _rated_again(session, objection, personnel)
    decision = DecisionIn(
        kind="pengembangan",
        text="Mengikuti pelatihan kepemimpinan pengawas.",
        reason="Kompetensi mengelola perubahan masih di bawah level yang disyaratkan.",
        placement=placement.id if placement else None,
    )
    decide(session, person.id, decision, panel)
    report = ReportIn(
        subject="Tawaran jabatan",
        text="Seseorang menawarkan jabatan kepala seksi dengan imbalan uang kepada rekan saya.",
    )
    code = send_report(session, report)
    found = find_report(session, code)
    if found is None:
        raise RuntimeError("the report just sent was not found by its code")
    write_as_reporter(session, found.id, MessageIn(text="Kejadiannya pada hari Senin lalu."))
    faulty = read_content(Kind.PERFORMANCE, FAULTY_FILE, known_records(session))
    stage(session, faulty, "kinerja-2025.csv", personnel)
