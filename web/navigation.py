"""The staff navigation: by task, and only what the account's roles open."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from web.auth.access import Role


@dataclass(frozen=True, slots=True)
class Link:
    endpoint: str
    words: str


@dataclass(frozen=True, slots=True)
class Group:
    words: str
    links: tuple[Link, ...]


def navigation(roles: set[str]) -> tuple[Group, ...]:
    """Groups of links for ``roles``, in the order of work."""
    return tuple(group for role, group in _all() if role.value in roles)


def current_link(groups: tuple[Group, ...], path: str) -> str | None:
    """The endpoint of the link to whose pages ``path`` belongs: the longest address above it."""
    addresses = {url_for(link.endpoint): link.endpoint for one in groups for link in one.links}
    above = [address for address in addresses if f"{path}/".startswith(f"{address}/")]
    return addresses[max(above, key=len)] if above else None


def _all() -> tuple[tuple[Role, Group], ...]:
    return (
        (Role.CANDIDATE, _group(_("Asesmen saya"), ("candidate.home", _("Beranda saya")))),
        (
            Role.PERSONNEL,
            _group(
                _("Kepegawaian"),
                ("personnel.people", _("Pegawai")),
                ("personnel.imports", _("Impor data")),
                ("personnel.schedules", _("Jadwal asesmen")),
                ("personnel.board", _("Papan sembilan kotak")),
                ("personnel.eligibility", _("Daftar kelayakan")),
                ("personnel.objections", _("Keberatan")),
                ("personnel.costs", _("Biaya")),
            ),
        ),
        (
            Role.PSYCHOMETRICIAN,
            _group(
                _("Bank butir"),
                ("psychometrician.items", _("Butir")),
                ("psychometrician.parameter_sets", _("Parameter")),
                ("psychometrician.calibrations", _("Kalibrasi")),
                ("psychometrician.sittings", _("Asesmen peserta")),
                ("psychometrician.exposure", _("Paparan butir")),
                ("psychometrician.scorers.overview", _("Penilai mesin")),
                ("psychometrician.ratings.prompts", _("Nilai uraian")),
                ("psychometrician.ratings.raters", _("Penilai")),
                ("psychometrician.ratings.papers", _("Jawaban pemeriksa")),
            ),
        ),
        (
            Role.ASSESSOR,
            _group(
                _("Penilaian"),
                ("assessor.queue", _("Antrean penilaian")),
                ("assessor.agreement", _("Kesepakatan penilai")),
            ),
        ),
        (
            Role.PANEL,
            _group(
                _("Pejabat pembina"),
                ("panel.dossiers", _("Dosir pegawai")),
                ("panel.decisions", _("Keputusan")),
            ),
        ),
        (
            Role.AUDITOR,
            _group(
                _("Pemeriksaan"),
                ("audit.log", _("Catatan perbuatan")),
                ("audit.sittings", _("Hitung ulang hasil")),
                ("audit.reports", _("Pengaduan integritas")),
            ),
        ),
    )


def _group(words: str, *links: tuple[str, str]) -> Group:
    return Group(words, tuple(Link(endpoint, link) for endpoint, link in links))
