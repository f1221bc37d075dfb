"""Settings, from the environment only, checked once at start."""

import hashlib
import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from web.errors import ConfigError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
MIN_SECRET_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs from one installation to another; the README has the table."""

    database_url: str | None
    secret_key: str | None
    data_dir: Path
    host: str
    port: int
    web_workers: int
    encoder: str | None
    secure_cookies: bool
    trusted_proxies: int
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read ``TAKAR_*``; raises ConfigError naming the variable that cannot be used."""
        env = os.environ if environment is None else environment
        return cls(
            database_url=_database_url(env),
            secret_key=_secret_key(env),
            data_dir=Path(env.get("TAKAR_DATA_DIR") or default_data_dir()),
            host=_host(env),
            port=_integer(env, "TAKAR_PORT", 8000, 1, 65535),
            web_workers=_integer(env, "TAKAR_WEB_WORKERS", 2, 1, 64),
            encoder=env.get("TAKAR_ENCODER") or None,
            secure_cookies=_switch(env, "TAKAR_SECURE_COOKIES", default=False),
            trusted_proxies=_integer(env, "TAKAR_TRUSTED_PROXIES", 0, 0, 8),
            log_level=_choice(
                env, "TAKAR_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")
            ),
        )

    @property
    def is_loopback(self) -> bool:
        return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback


def default_data_dir() -> Path:
    """Where the embedded database lives unless told otherwise.

    As root the embedded PostgreSQL opens the folders above its data to other users, which is
    harmless below ``/var/lib``. Each checkout has its own folder.
    """
    name = "takar-" + hashlib.sha256(str(PROJECT_ROOT).encode()).hexdigest()[:8]
    if os.geteuid() == 0:
        return Path("/var/lib") / name
    return Path.home() / ".local" / "share" / name


def stored_secret(data_dir: Path) -> str:
    """The secret of this installation, made once and kept in a file that only its owner reads."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


def _database_url(env: Mapping[str, str]) -> str | None:
    url = env.get("TAKAR_DATABASE_URL") or None
    if url and not url.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
        raise ConfigError(
            "TAKAR_DATABASE_URL must be a PostgreSQL address such as "
            f"postgresql://user:password@host/takar; it begins with {url.split(':')[0]!r}"
        )
    return url


def _secret_key(env: Mapping[str, str]) -> str | None:
    secret = env.get("TAKAR_SECRET_KEY") or None
    if secret and len(secret) < MIN_SECRET_LENGTH:
        raise ConfigError(
            f"TAKAR_SECRET_KEY must have at least {MIN_SECRET_LENGTH} characters; it has "
            f"{len(secret)}. Make one with: openssl rand -base64 48"
        )
    return secret


def _host(env: Mapping[str, str]) -> str:
    host = env.get("TAKAR_HOST") or "127.0.0.1"
    if host != "localhost":
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ConfigError(
                f"TAKAR_HOST must be an IP address or localhost; it is {host!r}"
            ) from None
    return host


def _integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigError(f"{name} must be a whole number from {low} to {high}; it is {text!r}")
    return int(text)


def _switch(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    return _choice(env, name, "1" if default else "0", ("0", "1")) == "1"


def _choice(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name) or default
    if value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(allowed)}; it is {value!r}")
    return value
