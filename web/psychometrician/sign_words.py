"""The words for signs, fit and the trail of a sitting: what they are, and what they may mean."""

from flask_babel import gettext as _


def sign_names() -> dict[str, str]:
    return {
        "misfit": _("pola jawaban tidak lazim"),
        "rapid_guessing": _("banyak jawaban sangat cepat"),
        "slowing": _("makin lama makin lambat"),
        "slow": _("lambat sejak awal"),
        "at_fence": _("perkiraan di ujung skala"),
    }


def sign_meanings() -> dict[str, str]:
    """What each sign may come from, the harmless first."""
    return {
        "misfit": _(
            "Jawaban yang tepat dan yang tidak tersebar di luar dugaan model. Sebabnya dapat berupa"
            " kelelahan, gangguan, petunjuk yang salah dipahami, butir yang perlu diperbaiki, atau"
            " butir yang pernah dilihat."
        ),
        "rapid_guessing": _(
            "Lebih dari sepersepuluh jawaban datang lebih cepat daripada waktu yang diperlukan"
            " untuk membaca soalnya. Peserta dapat saja tergesa, salah menekan, menebak, atau sudah"
            " mengenal soalnya."
        ),
        "slowing": _(
            "Waktu menjawab, dibandingkan waktu rencana butirnya, tumbuh dari awal sampai akhir."
            " Kelelahan dan gangguan adalah sebab yang biasa; butir yang disalin juga mungkin."
        ),
        "slow": _(
            "Waktu menjawab umumnya dua kali waktu rencana butir atau lebih. Mungkin perangkat atau"
            " jaringannya lambat, peserta perlu waktu tambahan, atau waktu rencananya terlalu"
            " pendek."
        ),
        "at_fence": _(
            "Jawaban mengarah ke luar rentang yang dapat diukur, sehingga perkiraan diletakkan di"
            " ujung rentang itu. Bacalah sebagai paling sedikit atau paling banyak sekian."
        ),
    }


def no_fit_reasons() -> dict[str, str]:
    """Why a part has no lz*."""
    return {
        "no_certain_score": _("belum ada jawaban dengan skor pasti"),
        "ability_at_fence": _("perkiraan di ujung skala"),
        "too_few_answers": _("jawaban terlalu sedikit"),
    }


def outcomes() -> dict[str, str]:
    """What came of an offer."""
    return {
        "answered": _("dijawab"),
        "pending": _("menunggu penilaian"),
        "expired": _("waktu habis"),
        "open": _("sedang dikerjakan"),
    }


def offer_notes() -> dict[str, str]:
    """How the choice of an item fell short of what the rules ask."""
    return {
        "minima_out_of_reach": _("jumlah minimum kisi-kisi tidak lagi tercapai"),
        "shadow_infeasible": _("kisi-kisi tidak dapat dipenuhi"),
        "shadow_out_of_work": _("batas hitung perakitan tes tercapai"),
        "eligibility_lifted": _("pembatasan paparan dilepas"),
        "all_refused": _("semua butir ditolak kendali paparan"),
    }
