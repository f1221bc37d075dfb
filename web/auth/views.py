"""Logging in and out, changing the password, choosing the language."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from pydantic import BaseModel, Field
from werkzeug.wrappers import Response

from web.audit.chain import record
from web.auth.access import EVERYONE_LOGGED_IN, Role, open_to
from web.auth.accounts import authenticate, change_password
from web.auth.limits import address_and_login, limiter, refused
from web.auth.passwords import MIN_LENGTH, password_matches
from web.forms import read_form
from web.rendering import LANGUAGES, THEMES
from web.transactions import transaction

bp = Blueprint("auth", __name__)


class LoginIn(BaseModel):
    login: str = Field(max_length=80)
    password: str = Field(max_length=200)


class PasswordIn(BaseModel):
    current: str = Field(max_length=200)
    new: str = Field(min_length=MIN_LENGTH, max_length=200)
    again: str = Field(max_length=200)


@bp.get("/masuk")
@open_to(Role.PUBLIC)
def login() -> str:
    return render_template("auth/login.html", form=None)


@bp.post("/masuk")
@open_to(Role.PUBLIC)
@limiter.limit("10 per minute; 60 per hour", key_func=address_and_login, deduct_when=refused)
@limiter.limit("300 per hour", deduct_when=refused)
def login_send() -> Response | tuple[str, int]:
    form = read_form(LoginIn, request.form)
    if form.value is None:
        return render_template("auth/login.html", form=form), 422
    with transaction() as session:
        account = authenticate(session, form.value.login, form.value.password)
        if account is not None:
            record(session, str(account.id), "logged in", str(account.id))
    if account is None:
        form.errors["login"] = _(
            "NIP atau kata sandi tidak cocok. Periksa keduanya, lalu coba lagi."
        )
        return render_template("auth/login.html", form=form), 422
    login_user(account)
    return redirect(_safe_target(request.args.get("lanjut", "")), code=303)


@bp.post("/keluar")
@open_to(Role.PUBLIC)
def logout() -> Response:
    logout_user()
    return redirect(url_for("public.home"), code=303)


@bp.get("/kata-sandi")
@open_to(*EVERYONE_LOGGED_IN)
def password() -> str:
    return render_template("auth/password.html", form=None, min_length=MIN_LENGTH)


@bp.post("/kata-sandi")
@open_to(*EVERYONE_LOGGED_IN)
@limiter.limit("20 per minute")
def password_send() -> Response | tuple[str, int]:
    form = read_form(PasswordIn, request.form)
    if form.value is not None:
        if not password_matches(current_user.password_hash, form.value.current):
            form.errors["current"] = _("Kata sandi sekarang tidak cocok.")
        if form.value.new != form.value.again:
            form.errors["again"] = _("Tulis kata sandi baru yang sama seperti di atas.")
    if form.value is None or form.errors:
        return render_template("auth/password.html", form=form, min_length=MIN_LENGTH), 422
    with transaction() as session:
        change_password(session, current_user.id, form.value.new)
    return redirect(url_for("public.start"), code=303)


@bp.post("/bahasa/<code>")
@open_to(Role.PUBLIC)
def language(code: str) -> Response:
    response = redirect(_safe_target(request.form.get("lanjut", "")), code=303)
    if code in LANGUAGES:
        response.set_cookie("bahasa", code, max_age=31_536_000, samesite="Lax", httponly=True)
    return response


@bp.post("/tampilan/<code>")
@open_to(Role.PUBLIC)
def theme(code: str) -> Response:
    response = redirect(_safe_target(request.form.get("lanjut", "")), code=303)
    if code in THEMES:
        response.set_cookie("tampilan", code, max_age=31_536_000, samesite="Lax", httponly=True)
    return response


def _safe_target(target: str) -> str:
    """A path of this site only, so that a link cannot send people elsewhere after log-in."""
    parts = urlsplit(target)
    if (
        parts.scheme
        or parts.netloc
        or not target.startswith("/")
        or target.startswith(("//", "/\\"))
    ):
        return url_for("public.start")
    return target
