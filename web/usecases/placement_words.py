"""The words for what a placement holds as codes: bands, standings, reasons, versions."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from assessment_engine.eligibility import Reason
from web.policies.schema import PolicyFile

HIDDEN_VERSIONS = frozenset({"record_scores", "performance"})
"""Kept with the versions, and shown among the components instead."""


def band_x_words(band: int) -> str:
    """The words for a band of potential, 0 (low) to 2 (high)."""
    return str((_("rendah"), _("menengah"), _("tinggi"))[band])


def band_y_words(band: int) -> str:
    """The words for a band of performance, 0 (low) to 2 (high)."""
    return str((_("di bawah ekspektasi"), _("sesuai ekspektasi"), _("di atas ekspektasi"))[band])


def standing_words(standing: str) -> str:
    """The words for results or behaviour against expectation."""
    return band_y_words(("below", "meets", "above").index(standing))


def reason_words(reason: Reason, policy: PolicyFile) -> str:
    """Why a person may not be promoted, as one sentence."""
    data = reason.data
    match reason.code:
        case "provisional":
            return str(
                _(
                    "Penempatan masih sementara. Belum dinilai: %(parts)s.",
                    parts=", ".join(map(policy.component_name, _texts(data["missing"]))),
                )
            )
        case "pending_rating":
            return str(_("Masih ada jawaban yang menunggu penilaian."))
        case "box_not_eligible":
            return str(
                _(
                    "Kotak %(boxes)s tidak termasuk kotak yang disyaratkan, yaitu %(allowed)s.",
                    boxes=", ".join(_texts(data["boxes"])),
                    allowed=", ".join(_texts(data["allowed"])),
                )
            )
        case "result_expired":
            return str(_("Hasil asesmen hanya berlaku sampai %(day)s.", day=data["valid_until"]))
        case "internal_mapping":
            return str(
                _(
                    "Hasil ini pemetaan internal: akreditasi %(unit)s tidak mencakup"
                    " kelas jabatan ini.",
                    unit=data["unit"],
                )
            )
        case _unknown:
            return reason.code


def version_rows(versions: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Versions as pairs of label and value, in the order in which a reader asks for them."""
    known = _version_labels()
    order = [name for name in known if name in versions]
    order += sorted(set(versions) - set(known) - HIDDEN_VERSIONS)
    return tuple((known.get(name, name), _value(name, versions[name])) for name in order)


def stop_reason_words(code: str) -> str:
    """Why a test or a section of it ended."""
    words = {
        "completed": _("semua bagian selesai"),
        "window_closed": _("jadwal ditutup"),
        "se": _("ketelitian tercapai"),
        "length": _("jumlah butir paling banyak tercapai"),
        "section_time": _("waktu bagian habis"),
        "total_time": _("waktu asesmen habis"),
        "exhausted": _("butir yang sesuai habis"),
        "minimum_information": _("tidak ada lagi butir yang cukup informatif"),
        "predicted_reduction": _("butir berikutnya hampir tidak menambah ketelitian"),
        "ability_change": _("hasil pengukuran sudah mantap"),
        "sprt": _("kategori sudah pasti (uji rasio peluang)"),
        "glr": _("kategori sudah pasti (rasio likelihood umum)"),
        "confidence_interval": _("rentang keyakinan tidak memuat batas kategori"),
        "band_risk": _("sisa butir hampir tidak mungkin mengubah pita potensi"),
        "in_progress": _("berlangsung"),
    }
    return str(words.get(code, code))


def _version_labels() -> dict[str, str]:
    return {
        "policy": _("Kebijakan penempatan"),
        "policy_digest": _("Sidik kebijakan"),
        "assessment": _("Asesmen"),
        "parameter_set": _("Parameter butir"),
        "parameter_set_status": _("Status parameter"),
        "parameter_set_digest": _("Sidik parameter"),
        "pool_digest": _("Sidik kumpulan butir"),
        "scorers": _("Penilai jawaban uraian"),
        "software_at_opening": _("Perangkat lunak saat dibuka"),
        "software": _("Perangkat lunak saat dihitung"),
    }


def _value(name: str, value: Any) -> str:
    if name == "parameter_set_status":
        words = {
            "provisional": _("sementara, dari penilaian ahli"),
            "calibrated": _("terkalibrasi"),
        }
        return str(words.get(str(value), value))
    if name == "scorers":
        return "; ".join(map(_scorer, value)) or "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value('', one)}" for key, one in sorted(value.items()))
    if isinstance(value, list | tuple):
        return "; ".join(_value("", one) for one in value) or "–"
    return str(value) if value not in (None, "") else "–"


def _scorer(versions: Mapping[str, Any]) -> str:
    kind = _("manusia") if versions["kind"] == "human" else _("mesin penilai")
    rest = {name: value for name, value in versions.items() if name != "kind"}
    return f"{kind}: {_value('', rest)}" if rest else str(kind)


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list | tuple) else [str(values)]
