"""The staff navigation: by task, and only what the account's roles open."""

from dataclasses import dataclass

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


def _all() -> tuple[tuple[Role, Group], ...]:
    return (
        (
            Role.CANDIDATE,
            Group(_("Asesmen saya"), (Link("candidate.home", _("Beranda saya")),)),
        ),
    )
