"""The words for acts and events as the auditor reads them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, select

from item_bank.models import SittingEvent
from web.audit.models import AuditEntry
from web.auth.models import Account

SHORT_DIGEST = 12


def action_words() -> dict[str, str]:
    """The words for each action of the chain; one that is not here shows as it is kept."""
    return {
        "account created": _("akun dibuat"),
        "logged in": _("masuk"),
        "password changed": _("kata sandi diganti"),
        "first password given": _("kata sandi awal diberikan"),
        "records imported": _("data diimpor"),
        "schedule created": _("jadwal dibuat"),
        "people invited": _("pegawai diundang"),
        "invitation withdrawn": _("undangan ditarik"),
        "extra time set": _("waktu tambahan ditetapkan"),
        "sitting extended": _("waktu asesmen ditambah"),
        "consent given": _("persetujuan diberikan"),
        "consent refused": _("persetujuan ditolak"),
        "result kept": _("hasil disimpan"),
        "answer rated": _("jawaban dinilai asesor"),
        "scorer training asked": _("pelatihan mesin penilai diminta"),
        "scorer trained": _("mesin penilai dilatih"),
        "scorer let decide": _("mesin penilai diizinkan menentukan nilai"),
        "scorer taken back": _("izin mesin penilai dicabut"),
        "re-rating asked": _("penilaian ulang diminta"),
        "validity papers added": _("jawaban pemeriksa dimasukkan"),
        "validity papers retired": _("jawaban pemeriksa ditarik"),
        "validity paper rated": _("jawaban pemeriksa dinilai"),
        "rating table exported": _("tabel nilai untuk melatih mesin diunduh"),
        "objection made": _("keberatan diajukan"),
        "objection answered": _("keberatan dijawab"),
        "decision recorded": _("keputusan dicatat"),
        "board exported": _("papan sembilan kotak diunduh"),
        "eligibility exported": _("daftar kelayakan diunduh"),
        "calibration started": _("kalibrasi dimulai"),
        "cost entered": _("biaya dicatat"),
        "cost removed": _("biaya dihapus"),
        "own data exported": _("data sendiri diunduh"),
        "sitting exported": _("catatan asesmen diunduh"),
        "report read": _("pengaduan dibaca"),
        "report answered": _("pengaduan dijawab"),
        "report status changed": _("keadaan pengaduan diubah"),
    }


def page_words() -> dict[str, str]:
    """The words for the pages on which a person's data was read, by the name kept."""
    return {
        "panel.dossier": _("dosir pejabat pembina kepegawaian"),
        "audit.sitting": _("catatan asesmen tanpa nama, untuk hitung ulang"),
        "psychometrician.sitting": _("catatan asesmen tanpa nama, untuk memeriksa mutu pengukuran"),
        "assessor.rate": _("jawaban uraian tanpa nama, untuk dinilai"),
        "personnel.person": _("data pegawai"),
        "personnel.participant": _("kemajuan asesmen peserta"),
        "personnel.objection": _("keberatan"),
        "personnel.board_export": _("unduhan papan sembilan kotak"),
        "personnel.eligibility_export": _("unduhan daftar kelayakan"),
    }


def event_words() -> dict[str, str]:
    """The words for the kinds of a sitting's events."""
    return {
        "opened": _("dibuka"),
        "offered": _("butir ditawarkan"),
        "answered": _("dijawab"),
        "scored": _("diberi skor"),
        "expired": _("waktu habis"),
        "paused": _("dijeda"),
        "resumed": _("dilanjutkan"),
        "extended": _("waktu ditambah"),
        "flagged": _("ditandai"),
        "finished": _("selesai"),
    }


def actor_words(session: Session, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Who acted: staff by the account's name, candidates only as such, the system as itself."""
    ids = {UUID(entry.actor) for entry in entries if _is_uuid(entry.actor)}
    accounts = session.exec(select(Account).where(col(Account.id).in_(ids))).all()
    words = {
        str(account.id): _("peserta") if account.person_id else account.display_name
        for account in accounts
    }
    return {"system": _("sistem"), **words}


def detail_words(detail: Mapping[str, Any]) -> str:
    """What an act or an event holds, on one line."""
    return "; ".join(f"{name}: {_plain(value)}" for name, value in sorted(detail.items()))


def payload_words(event: SittingEvent) -> str:
    """What an event holds, without what has a column of its own."""
    apart = {"at", "position", "item"}
    kept = {
        name: value
        for name, value in event.payload.items()
        if name not in apart and value not in (None, "", [])
    }
    return detail_words(kept)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "–"
    if isinstance(value, dict):
        return "(" + detail_words(value) + ")"
    if isinstance(value, float):
        return f"{value:.6g}"
    return "–" if value is None else str(value)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
