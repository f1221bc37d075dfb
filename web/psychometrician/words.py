"""The bank's codes in the words of the page."""

from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _

from item_bank.models import Competency


def competency_name(competency: Competency) -> str:
    return competency.name_en if str(get_locale() or "id") == "en" else competency.name_id


def kinds() -> dict[str, str]:
    return {
        "choice": _("Situasi, pilihan berskor"),
        "keyed": _("Satu jawaban benar"),
        "free_text": _("Uraian"),
    }


def statuses() -> dict[str, str]:
    return {"active": _("aktif"), "practice": _("latihan"), "retired": _("ditarik")}


def difficulties() -> dict[str, str]:
    return {"easy": _("mudah"), "typical": _("sedang"), "hard": _("sulit")}


def set_statuses() -> dict[str, str]:
    return {"provisional": _("sementara"), "calibrated": _("terkalibrasi")}


def run_statuses() -> dict[str, str]:
    return {
        "queued": _("menunggu giliran"),
        "running": _("sedang dihitung"),
        "done": _("selesai"),
        "failed": _("gagal"),
    }


def fit_models() -> dict[str, str]:
    return {
        "Rasch": _("Rasch: daya beda 1"),
        "1PL": _("1PL: satu daya beda bersama"),
        "2PL": _("2PL: daya beda tiap butir"),
        "3PL": _("3PL: dengan peluang menebak"),
        "4PL": _("4PL: dengan peluang menebak dan keliru"),
        "GRM": _("GRM: kategori bertingkat"),
        "PCM": _("PCM: kredit sebagian, daya beda 1"),
        "GPCM": _("GPCM: kredit sebagian, daya beda tiap butir"),
        "NRM": _("NRM: kategori tanpa urutan, daya beda tiap kategori"),
    }


def category_names(kind: str, scores: list[int], n_categories: int) -> tuple[str, ...]:
    """What categories 0, 1, 2, ... stand for; ``scores`` are a choice item's options' scores."""
    if kind == "keyed" or (n_categories == 2 and not scores):
        return (_("Salah"), _("Benar"))
    if kind == "free_text":
        return tuple(_("Level %(n)s", n=level) for level in range(1, n_categories + 1))
    found = sorted(set(scores))
    if len(found) == n_categories:
        return tuple(_("Skor %(n)s", n=score) for score in found)
    return tuple(_("Kategori %(n)s", n=category) for category in range(n_categories))


def origin(provenance: dict[str, Any]) -> str:
    """Where a parameter set came from."""
    known = {"expert judgement": _("penilaian ahli"), "calibration": _("kalibrasi jawaban peserta")}
    found = str(provenance.get("origin", ""))
    return str(known.get(found, found) or _("tidak dicatat"))


def provenance(found: dict[str, str]) -> list[tuple[str, str]]:
    """What a calibration came from, in words and in one order; unknown facts keep their names."""
    known = {
        "source": _("Berkas"),
        "n_rows": _("Baris yang dipakai"),
        "data_sha256": _("Sidik data (SHA-256)"),
        "scaling": _("Konstanta skala"),
        "quadrature": _("Titik kuadratur [rentang]"),
        "priors": _("Sebaran prior"),
        "tolerance": _("Toleransi"),
        "max_iterations": _("Putaran paling banyak"),
        "e_steps": _("Langkah E"),
        "standard_errors": _("Galat baku"),
    }
    values = {"observed": _("dari informasi teramati"), "none": _("tidak dihitung")}
    order = [*known, *(name for name in found if name not in known)]
    return [
        (known.get(name, name), values.get(found[name], found[name]))
        for name in order
        if name in found
    ]
