"""Pages that anyone may open."""

from flask import Blueprint, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from web.auth.access import Role, open_to
from web.navigation import navigation

bp = Blueprint("public", __name__)


@bp.get("/")
@open_to(Role.PUBLIC)
def home() -> str:
    return render_template("public/home.html")


@bp.get("/mulai")
@open_to(Role.PUBLIC)
def start() -> Response:
    """Where an account's work begins."""
    if not current_user.is_authenticated:
        return redirect(url_for("auth.login"))
    groups = navigation(set(current_user.roles))
    return redirect(url_for(groups[0].links[0].endpoint if groups else "public.home"))
