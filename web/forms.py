"""Reading forms: a Pydantic class in, its value or messages in the user's language out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask_babel import gettext as _
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Form(Generic[Model]):
    """What was sent, and either its parsed ``value`` or ``errors`` by field.

    ``labels`` are noted by the page as it writes its fields, for the summary of errors.
    """

    sent: Mapping[str, Any]
    value: Model | None = None
    errors: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


def read_form(model: type[Model], sent: Mapping[str, Any]) -> Form[Model]:
    """Validate ``sent`` against ``model``; blank fields count as not given.

    Text comes with line ends as one character, as browsers send two, and without NUL, which
    PostgreSQL cannot keep.
    """
    plain = {name: _plain(value) for name, value in sent.items()}
    given = {name: value for name, value in plain.items() if value not in ("", [], None)}
    try:
        return Form(sent, value=model.model_validate(given))
    except ValidationError as error:
        return Form(sent, errors=_messages(error))


def _plain(value: Any) -> Any:
    return value.replace("\r\n", "\n").replace("\0", "") if isinstance(value, str) else value


def _messages(error: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for problem in error.errors():
        place = str(problem["loc"][0]) if problem["loc"] else ""
        found.setdefault(place, _message(problem["type"], problem.get("ctx", {}), problem["msg"]))
    return found


def _message(kind: str, context: Mapping[str, Any], fallback: str) -> str:
    messages: dict[str, Callable[[], str]] = {
        "missing": lambda: _("Isian ini belum diisi."),
        "string_too_short": lambda: _(
            "Tulis paling sedikit %(n)s huruf.", n=context.get("min_length")
        ),
        "string_too_long": lambda: _(
            "Tulis paling banyak %(n)s huruf.", n=context.get("max_length")
        ),
        "int_parsing": lambda: _("Isi dengan bilangan bulat."),
        "float_parsing": lambda: _("Isi dengan bilangan."),
        "greater_than_equal": lambda: _("Isi paling kecil %(n)s.", n=context.get("ge")),
        "less_than_equal": lambda: _("Isi paling besar %(n)s.", n=context.get("le")),
        "literal_error": lambda: _("Pilih salah satu pilihan yang tersedia."),
        "enum": lambda: _("Pilih salah satu pilihan yang tersedia."),
        "datetime_parsing": lambda: _("Isi dengan tanggal dan jam yang benar."),
        "datetime_from_date_parsing": lambda: _("Isi dengan tanggal dan jam yang benar."),
        "date_parsing": lambda: _("Isi dengan tanggal yang benar."),
        "date_from_datetime_parsing": lambda: _("Isi dengan tanggal yang benar."),
        "uuid_parsing": lambda: _("Pilih salah satu pilihan yang tersedia."),
        "value_error": lambda: str(context.get("error", fallback)),
    }
    return messages[kind]() if kind in messages else str(_("Isian ini tidak dapat dibaca."))
