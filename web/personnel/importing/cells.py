"""From one cell to one value; what cannot be read is raised with the words for the page."""

from collections.abc import Mapping
from datetime import date, datetime

from flask_babel import gettext as _

from web.personnel.importing.sheets import Cell

MAX_TEXT = 200


class CellError(Exception):
    """A cell at fault: what came, what was expected, how to mend it."""


def said(cell: Cell) -> str:
    """Trimmed words of a cell; a whole number loses the ``.0`` that Excel keeps."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return " ".join(str(cell).replace("\u00a0", " ").split())


def text(cell: Cell) -> str:
    """Words of a cell, unless too many."""
    words = said(cell)
    if len(words) > MAX_TEXT:
        raise CellError(
            _(
                "%(n)s huruf ditemukan, paling banyak %(most)s. Ringkas isinya.",
                n=len(words),
                most=MAX_TEXT,
            )
        )
    return words


def required(cell: Cell) -> str:
    words = text(cell)
    if not words:
        raise CellError(_("Sel ini kosong, seharusnya berisi. Lengkapi isinya."))
    return words


def nip(cell: Cell) -> str:
    """The digits of a NIP; one that Excel turned into a number has lost digits and is refused."""
    words = text(cell).removeprefix("'")
    if isinstance(cell, float) or _looks_scientific(words):
        raise CellError(
            _(
                "NIP dibaca sebagai bilangan, sehingga angka terakhirnya dapat hilang; seharusnya "
                "teks. Format kolom sebagai teks, lalu tulis ulang NIP-nya."
            )
        )
    if not words:
        raise CellError(_("Sel ini kosong, seharusnya 18 angka. Lengkapi NIP-nya."))
    return words.replace(" ", "")


def whole(cell: Cell, low: int, high: int) -> int:
    words = text(cell)
    if not words.isdecimal() or not low <= int(words) <= high:
        raise CellError(
            _(
                "%(came)s ditemukan, seharusnya bilangan bulat %(low)s sampai %(high)s. Perbaiki "
                "isinya.",
                came=_quoted(words),
                low=low,
                high=high,
            )
        )
    return int(words)


def score(cell: Cell, low: float, high: float) -> float:
    """A number, with a decimal point or comma."""
    words = text(cell)
    try:
        value = float(cell) if isinstance(cell, float) else float(words.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise CellError(
            _(
                "%(came)s ditemukan, seharusnya bilangan %(low)s sampai %(high)s. Perbaiki isinya.",
                came=_quoted(words),
                low=f"{low:g}",
                high=f"{high:g}",
            )
        )
    return value


def day(cell: Cell, latest: date) -> date:
    """A date of Excel, or text as YYYY-MM-DD; other orders are ambiguous and refused."""
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    else:
        found = _iso_day(cell)
    if found > latest:
        raise CellError(
            _(
                "%(came)s belum terjadi, seharusnya paling akhir %(latest)s. Perbaiki tanggalnya.",
                came=found.isoformat(),
                latest=latest.isoformat(),
            )
        )
    return found


def one_of(cell: Cell, choices: Mapping[str, str]) -> str:
    """The key of the choice whose key or words stand in the cell; case does not matter."""
    words = required(cell)
    for key, choice in choices.items():
        if words.casefold() in (
            key.casefold(),
            key.replace("_", " ").casefold(),
            choice.casefold(),
        ):
            return key
    raise CellError(
        _(
            "%(came)s tidak dikenal, seharusnya salah satu dari: %(choices)s. Ganti isinya.",
            came=_quoted(words),
            choices="; ".join(choices.values()),
        )
    )


def _iso_day(cell: Cell) -> date:
    words = text(cell)
    try:
        if len(words) != len("2026-03-05"):
            raise ValueError
        return date.fromisoformat(words)
    except ValueError:
        raise CellError(
            _(
                "%(came)s ditemukan, seharusnya tanggal seperti 2026-03-05. Format sel sebagai "
                "tanggal, atau tulis tahun-bulan-hari.",
                came=_quoted(words),
            )
        ) from None


def _looks_scientific(words: str) -> bool:
    mantissa, mark, exponent = words.upper().partition("E")
    digits = mantissa.replace(",", "").replace(".", "")
    return bool(mark) and digits.isdecimal() and exponent.lstrip("+").isdecimal()


def _quoted(words: str) -> str:
    return f"“{words}”" if words else str(_("sel kosong"))
