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


def item_verdict(code: str) -> str:
    """What the agreement on a prompt means, in one sentence."""
    return str(
        {
            "few_ratings": _("Dinilai manusia: penilaian manusianya belum cukup."),
            "few_pairs": _("Belum dapat disimpulkan: pasangan nilainya masih terlalu sedikit."),
            "no_spread": _("Belum dapat disimpulkan: semua levelnya sama."),
            "people_disagree": _("Para asesor sendiri belum sepakat; perjelas dahulu rubriknya."),
            "low_kappa": _("Mesin belum cukup sepakat dengan asesor."),
            "machine_high": _("Mesin memberi level lebih tinggi daripada asesor."),
            "machine_low": _("Mesin memberi level lebih rendah daripada asesor."),
            "good": _("Mesin dan asesor cukup sepakat."),
        }[code]
    )


def rater_verdict(code: str) -> str:
    """What is known of a rater, in one sentence."""
    return str(
        {
            "low_validity": _("Perlu dibicarakan: jawaban pemeriksa sering dinilai berbeda."),
            "few_pairs": _("Belum dapat disimpulkan: pasangan nilainya masih terlalu sedikit."),
            "no_spread": _("Belum dapat disimpulkan: semua levelnya sama."),
            "low_kappa": _("Perlu dibicarakan: belum cukup sepakat dengan asesor lain."),
            "rater_lenient": _("Cenderung memberi level lebih tinggi daripada asesor lain."),
            "rater_severe": _("Cenderung memberi level lebih rendah daripada asesor lain."),
            "good": _("Cukup sepakat dengan asesor lain."),
        }[code]
    )


def needs_attention(code: str) -> bool:
    """Whether a verdict asks somebody to act."""
    return code not in ("good", "few_ratings", "few_pairs", "no_spread")


def period_alarm(code: str) -> str:
    return str(
        {
            "high": _("mesin lebih tinggi"),
            "low": _("mesin lebih rendah"),
            "kappa": _("kesepakatan rendah"),
            "shewhart": _("bulan ini menyimpang"),
            "cusum": _("bergeser perlahan"),
        }[code]
    )


def severity_problem(code: str) -> str:
    return str(
        {
            "few_ratings": _("Penilaian manusia belum cukup untuk menghitung keketatan penilai."),
            "one_rater": _("Baru satu asesor yang menilai, jadi belum ada pembandingnya."),
            "disconnected": _(
                "Para asesor belum terhubung: tidak ada peserta yang dinilai bersama oleh semua"
                " kelompok ini, sehingga keketatan mereka tidak dapat dibandingkan. Penilaian ganda"
                " akan menghubungkannya."
            ),
            "no_estimate": _("Keketatan belum dapat dihitung dari penilaian yang ada."),
        }[code]
    )
