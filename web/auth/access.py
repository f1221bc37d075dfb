"""Who may open which route: one mechanism, and what is not opened is closed.

Every view says ``@open_to(...)``. The check runs before every request; a view that says nothing is
refused to everyone.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

View = TypeVar("View", bound=Callable[..., object])


class Role(StrEnum):
    """What an account may be; ``PUBLIC`` stands for anyone, logged in or not."""

    PUBLIC = "public"
    CANDIDATE = "candidate"
    ASSESSOR = "assessor"
    PSYCHOMETRICIAN = "psychometrician"
    PERSONNEL = "personnel"
    PANEL = "panel"
    AUDITOR = "auditor"


EVERYONE_LOGGED_IN = tuple(role for role in Role if role is not Role.PUBLIC)


def open_to(*roles: Role) -> Callable[[View], View]:
    """Mark a view as open to ``roles``."""

    def mark(view: View) -> View:
        view.open_to = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


def roles_of(app: Flask, endpoint: str) -> frozenset[Role]:
    """The roles to which an endpoint is open; none where its view does not say."""
    if endpoint == "static":
        return frozenset({Role.PUBLIC})
    return getattr(app.view_functions[endpoint], "open_to", frozenset())


def roles_of_user() -> frozenset[Role]:
    if not current_user.is_authenticated:
        return frozenset({Role.PUBLIC})
    return frozenset(Role(name) for name in current_user.roles) | {Role.PUBLIC}


def check_access() -> Response | None:
    """Before each request: let it pass, send it to log in, or refuse it."""
    if request.endpoint is None:
        return None
    allowed = roles_of(current_app, request.endpoint)
    if allowed & roles_of_user():
        return _password_change_first()
    if not current_user.is_authenticated and allowed:
        return redirect(url_for("auth.login", lanjut=request.full_path.rstrip("?")))
    return abort(403)


def _password_change_first() -> Response | None:
    free = {
        "static",
        "auth.password",
        "auth.password_send",
        "auth.logout",
        "auth.language",
        "auth.theme",
        "public.home",
    }
    if (
        current_user.is_authenticated
        and current_user.must_change_password
        and request.endpoint not in free
    ):
        return redirect(url_for("auth.password"))
    return None
