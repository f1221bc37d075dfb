"""What every template may use: language, numbers, moments, navigation."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask_babel import format_datetime, format_decimal, get_locale
from flask_login import current_user

from web.navigation import current_link, navigation

LANGUAGES = ("id", "en")
THEMES = ("light", "dark", "contrast")
NEARLY_ALL = 0.995
LOCAL_ZONE = ZoneInfo("Asia/Jakarta")


def locale() -> str:
    chosen = request.cookies.get("bahasa", "")
    return chosen if chosen in LANGUAGES else "id"


def theme() -> str:
    chosen = request.cookies.get("tampilan", "")
    return chosen if chosen in THEMES else "light"


def moment(value: datetime | None) -> str:
    """Date and time in words, local time."""
    return str(format_datetime(value, "d MMMM yyyy, HH.mm")) if value else "–"


def day(value: datetime | None) -> str:
    return str(format_datetime(value, "d MMMM yyyy")) if value else "–"


def clock(value: datetime) -> str:
    return str(format_datetime(value, "HH.mm"))


def number(value: float | None, digits: int = 0) -> str:
    if value is None:
        return "–"
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, pattern))


def percent(value: float) -> str:
    """A share in whole percent; nearly all is not called all."""
    if NEARLY_ALL <= value < 1 - 1e-9:
        return "> 99\N{NO-BREAK SPACE}%"
    return f"{number(100 * value)}\N{NO-BREAK SPACE}%"


def probability(value: float | None) -> str:
    """Three decimals; what is smaller than they can show is not called nought."""
    smallest = 0.001
    if value is not None and value < smallest:
        return f"< {number(smallest, 3)}"
    return number(value, 3)


def rupiah(value: float) -> str:
    return f"Rp{number(value)}"


def install(app: Flask) -> None:
    app.add_template_filter(moment)
    app.add_template_filter(day)
    app.add_template_filter(clock)
    app.add_template_filter(number)
    app.add_template_filter(percent)
    app.add_template_filter(probability)
    app.add_template_filter(rupiah)

    @app.context_processor
    def shared() -> dict[str, object]:
        roles = set(current_user.roles) if current_user.is_authenticated else set()
        groups = navigation(roles)
        return {
            "language": str(get_locale() or "id"),
            "theme": theme(),
            "navigation": groups,
            "current_link": current_link(groups, request.path),
        }
