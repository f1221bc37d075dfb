"""Putting the application together."""

from datetime import timedelta
from importlib import import_module
from uuid import UUID

from flask import Flask
from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import web.tables  # noqa: F401  (the mappers need every table)
from item_bank.database import make_engine
from web import errorpages, headers, logs, rendering
from web.auth.access import check_access
from web.auth.limits import limiter
from web.config import Settings, stored_secret
from web.errors import ConfigError
from web.transactions import transaction

AUDIENCES = (
    "public",
    "auth",
    "candidate",
    "assessor",
    "psychometrician",
    "personnel",
    "panel",
    "audit",
)
MAX_UPLOAD_BYTES = 16 * 1024 * 1024


def build(settings: Settings) -> Flask:
    app = Flask("web")
    if settings.database_url is None:
        raise ConfigError(
            "TAKAR_DATABASE_URL is not set; `takar demo` starts a database of its own"
        )
    app.config.update(
        SECRET_KEY=_secret(settings),
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        REMEMBER_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_TIME_LIMIT=None,  # a sitting outlasts an hour; the session bounds it
        BABEL_DEFAULT_LOCALE="id",
        BABEL_DEFAULT_TIMEZONE=rendering.LOCAL_ZONE.key,
        RATELIMIT_HEADERS_ENABLED=False,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.extensions["settings"] = settings
    app.extensions["engine"] = make_engine(settings.database_url)
    logs.configure(settings.log_level)
    CSRFProtect(app)
    limiter.init_app(app)
    app.jinja_env.add_extension("jinja2.ext.do")
    Babel(app, locale_selector=rendering.locale)
    _login_manager(app)
    app.before_request(check_access)
    headers.install(app)
    rendering.install(app)
    errorpages.install(app)
    for audience in AUDIENCES:
        app.register_blueprint(import_module(f"web.{audience}.views").bp)
    return app


def _secret(settings: Settings) -> str:
    if settings.secret_key:
        return settings.secret_key
    if not settings.is_loopback:
        raise ConfigError(
            "TAKAR_SECRET_KEY must be set when TAKAR_HOST is not a loopback address"
            f" (it is {settings.host})"
        )
    return stored_secret(settings.data_dir)


def _login_manager(app: Flask) -> None:
    from web.auth.models import Account

    manager = LoginManager(app)
    manager.session_protection = "basic"

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(account_id: str) -> Account | None:
        with transaction() as session:
            account = session.get(Account, UUID(account_id))
        return account if account and account.active else None
