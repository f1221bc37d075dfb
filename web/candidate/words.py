"""Words for codes that the candidate's pages show."""

from flask_babel import gettext as _

from web.auth.access import Role


def role_words(role: str) -> str:
    """What an account's role is called."""
    words = {
        Role.CANDIDATE: _("peserta"),
        Role.ASSESSOR: _("asesor"),
        Role.PSYCHOMETRICIAN: _("psikometrikawan"),
        Role.PERSONNEL: _("BKPP"),
        Role.PANEL: _("pejabat pembina kepegawaian atau dewan"),
        Role.AUDITOR: _("pemeriksa"),
    }
    return str(words.get(Role(role), role))
