"""The machine's codes in the words of the page."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from web.rendering import number, percent

Data = Mapping[str, Any]


def reason(found: Mapping[str, Any]) -> str:
    """Why the machine left an answer to a person."""
    words = _REASONS.get(found["code"])
    if words is None:
        return str(_("Alasan lain: %(code)s.", code=found["code"]))
    return words(found.get("data", {}))


def stance(found: str) -> str:
    return str({"for": _("mendukung"), "against": _("melanggar")}.get(found, found))


_REASONS: dict[str, Callable[[Data], str]] = {
    "empty": lambda _data: _("Jawaban tidak memuat kata."),
    "too_short": lambda data: _(
        "Jawaban terlalu pendek: %(words)s kata, sedangkan batasnya %(limit)s.",
        words=number(data["words"]),
        limit=number(data["fewest"]),
    ),
    "too_long": lambda data: _(
        "Jawaban terlalu panjang: %(words)s kata, sedangkan batasnya %(limit)s.",
        words=number(data["words"]),
        limit=number(data["most"]),
    ),
    "gibberish": lambda _data: _(
        "Banyak rangkaian huruf yang bukan kata, atau kata yang diulang-ulang."
    ),
    "language": lambda _data: _(
        "Bahasanya tidak dikenali sebagai bahasa Indonesia atau bahasa Inggris."
    ),
    "copied_prompt": lambda data: _(
        "%(share)s dari jawaban ini menyalin soalnya.", share=percent(data["share"])
    ),
    "off_topic": lambda _data: _("Isinya jauh dari soal dan rubriknya."),
    "unclear_stance": lambda _data: _(
        "Mesin tidak cukup yakin apakah jawaban ini menunjukkan perilakunya atau justru sebaliknya."
    ),
    "flat": lambda _data: _("Mesin tidak cukup yakin: peluangnya tersebar di banyak level."),
    "word_salad": lambda _data: _("Kata-katanya tidak membentuk kalimat yang bermakna."),
    "keyword_stuffing": lambda _data: _(
        "Jawaban ini hanya menderetkan kata kunci, tanpa kalimat yang menghubungkannya."
    ),
    "shuffled": lambda _data: _("Urutan katanya seperti diacak."),
    "negated": lambda _data: _(
        "Banyak kata ingkar: jawaban ini tampak seperti jawaban baik yang dibalik maknanya."
    ),
    "boilerplate": lambda data: _(
        "%(share)s dari teks ini juga ada pada jawaban %(n)s peserta lain untuk butir yang sama.",
        share=percent(data["share"]),
        n=number(data["answers"]),
    ),
    "low_ratings": lambda data: _(
        "Butir ini baru memiliki %(n)s dari %(needed)s penilaian manusia yang diperlukan.",
        n=number(data["ratings"]),
        needed=number(data["needed"]),
    ),
    "not_released": lambda _data: _(
        "Belum ada model yang diizinkan menentukan nilai butir ini; mesin hanya memberi saran."
    ),
    "abstained": lambda data: (
        _(
            "Mesin memilih tidak memutuskan: levelnya bisa %(lowest)s sampai %(highest)s.",
            lowest=data["lowest"],
            highest=data["highest"],
        )
        if data["lowest"] != data["highest"]
        else _("Mesin memilih tidak memutuskan: risiko selisihnya dengan manusia terlalu besar.")
    ),
    "level_hangs": lambda data: _(
        "Level kompetensi peserta bergantung pada jawaban ini: bisa %(low)s atau %(high)s.",
        low=data["at_lowest"],
        high=data["at_highest"],
    ),
    "other_encoder": lambda _data: _(
        "Model butir ini dilatih dengan pembaca teks lain, sehingga perlu dilatih ulang."
    ),
    "scorer_failed": lambda _data: _(
        "Mesin penilai mengalami gangguan, sehingga tidak memberi saran."
    ),
}
