"""What a report is made of, whatever it is written as."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration.errors import CalibrationError
from calibration.plots.style import Spec


class DocumentError(CalibrationError):
    """A report cannot be written: its ending, its language, its folder, or a chart in it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are printed; the first cell of a row names it.

    ``text_columns`` is how many of the first columns are words; the others are numbers, set to
    the right.

    Raises
    ------
    DocumentError
        If a row has not as many cells as the head.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.head):
                raise DocumentError(
                    f"table {self.caption!r}: a row of {len(row)} cells under a head of "
                    f"{len(self.head)}; give one cell a column"
                )


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart of ``calibration.plots``, and what it shows in words, for those who cannot see it."""

    caption: str
    spec: Spec
    alternative: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, in this order: words, figures, tables, sections.

    ``remarks`` are words set apart as a list. With ``beside`` the figures and tables of this
    section stand side by side.
    """

    title: str
    paragraphs: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    sections: tuple["Section", ...] = ()
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """All of a report; ``language`` is "en" or "id"."""

    title: str
    language: str
    sections: tuple[Section, ...]


def replace_file(path: Path, content: bytes) -> None:
    """Write all of a file or none of it."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DocumentError(f"{path} cannot be written: {error.strerror or error}") from error


def number(value: float, language: str, digits: int = 3) -> str:
    """As it is printed: a true minus, none before a zero, and in Indonesian a comma."""
    text = f"{value:z.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return text.replace(".", ",") if language == "id" else text


def numbers(values: Sequence[float], language: str, digits: int = 3) -> tuple[str, ...]:
    return tuple(number(value, language, digits) for value in values)


def with_error(value: float, error: float | None, language: str) -> str:
    """The value, and its standard error in brackets where there is one."""
    said = number(value, language)
    return f"{said} ({number(error, language)})" if error else said
