"""Rows of each kind: cells to values, then what only other rows or the records can tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask_babel import gettext as _

from web.people.nip import check_nip
from web.personnel.importing import cells
from web.personnel.importing.cells import CellError
from web.personnel.importing.columns import COLUMNS, STANDINGS
from web.personnel.importing.records import Issue, Kind, Known, KnownPosition, Row
from web.personnel.importing.sheets import Cell

Value = TypeVar("Value")
FIRST_YEAR = 2000


@dataclass(slots=True)
class Reading:
    """What was found so far while the rows of one file are read."""

    kind: Kind
    known: Known
    sheet: str
    errors: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
    seen: dict[Any, int] = field(default_factory=dict)
    agreed: dict[tuple[str, str], tuple[Any, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Line:
    """One row under its headings; ``sound`` turns false at its first fault."""

    reading: Reading
    number: int
    given: Mapping[str, Cell]
    sound: bool = True

    def take(self, key: str, parse: Callable[[Cell], Value]) -> Value | None:
        """The parsed value of a column, or None with the fault noted."""
        try:
            return parse(self.given.get(key))
        except CellError as error:
            self.fault(key, str(error))
            return None

    def fault(self, key: str, message: str) -> None:
        self.sound = False
        self.reading.errors.append(self._issue(key, message))

    def doubt(self, key: str, message: str) -> None:
        self.reading.warnings.append(self._issue(key, message))

    def _issue(self, key: str, message: str) -> Issue:
        headings = {column.key: column.heading for column in COLUMNS[self.reading.kind]}
        return Issue(message, self.reading.sheet, self.number, headings[key])

    def once(self, key: str, identity: object) -> None:
        """Note a fault if an earlier row is about the same thing."""
        first = self.reading.seen.setdefault(identity, self.number)
        if first != self.number:
            self.fault(
                key,
                _(
                    "Isi yang sama sudah ada di baris %(first)s, seharusnya sekali saja. Hapus "
                    "salah satunya.",
                    first=first,
                ),
            )

    def agree(self, key: str, about: tuple[str, str], value: Any) -> None:
        """Note a fault if an earlier row says otherwise about the same code."""
        said, first = self.reading.agreed.setdefault(about, (value, self.number))
        if said != value:
            self.fault(
                key,
                _(
                    "Isinya berbeda dari baris %(first)s untuk kode yang sama (%(code)s). Samakan "
                    "keduanya, atau bedakan kodenya.",
                    first=first,
                    code=about[1],
                ),
            )


def read_row(line: Line) -> Row | None:
    """The row as it would be written; None where a cell is at fault."""
    row = _READERS[line.reading.kind](line)
    if _is_example(line):
        line.doubt(
            "nip",
            _("Ini baris contoh dari templat. Hapus baris ini bila bukan data yang sebenarnya."),
        )
    return row if line.sound else None


def _is_example(line: Line) -> bool:
    columns = COLUMNS[line.reading.kind]
    return all(cells.said(line.given.get(one.key)) == cells.said(one.example) for one in columns)


def _person(line: Line) -> Row:
    known = line.reading.known
    nip = _nip(line)
    if nip is not None:
        line.once("nip", nip)
    row: Row = {
        "nip": nip,
        "name": line.take("name", cells.required),
        **_unit(line, known),
    }
    return row | _position(line, known, row["unit_code"])


def _unit(line: Line, known: Known) -> Row:
    code = line.take("unit_code", cells.required)
    name = line.take("unit_name", cells.text)
    if code is None:
        return {"unit_code": None, "unit_name": name}
    held = known.units.get(code)
    if not name and held is None:
        line.fault(
            "unit_name",
            _(
                "Kode unit %(code)s belum dikenal dan nama unitnya kosong. Perbaiki kodenya, atau "
                "isi nama unit baru.",
                code=code,
            ),
        )
    name = name or held
    _said_again(line, "unit_name", "unit", code, held, name)
    return {"unit_code": code, "unit_name": name}


def _position(line: Line, known: Known, unit_code: str | None) -> Row:
    code = line.take("position_code", cells.required)
    held = known.positions.get(code) if code else None
    title = line.take("position_title", cells.text if held else cells.required)
    if held is not None and not cells.text(line.given.get("job_class")):
        job_class: str | None = held.job_class
    else:
        job_class = line.take("job_class", lambda cell: cells.one_of(cell, known.job_classes))
    title = title or (held.title if held else None)
    if code:
        _regraded(line, code, held, job_class)
        line.agree("position_title", ("position", code), title)
        line.agree("job_class", ("class", code), job_class)
        line.agree("unit_code", ("unit of position", code), unit_code)
    return {"position_code": code, "position_title": title, "job_class": job_class}


def _regraded(line: Line, code: str, held: KnownPosition | None, job_class: str | None) -> None:
    if (
        held is None
        or job_class in (None, held.job_class)
        or ("class", code) in line.reading.agreed
    ):
        return
    names = line.reading.known.job_classes
    line.doubt(
        "job_class",
        _(
            "Kelas jabatan %(code)s akan berubah dari “%(held)s” menjadi “%(given)s” untuk semua "
            "pegawai pada jabatan ini.",
            code=code,
            held=names.get(held.job_class, held.job_class),
            given=names.get(str(job_class), job_class),
        ),
    )


def _said_again(
    line: Line, key: str, what: str, code: str, held: str | None, given: str | None
) -> None:
    first = (what, code) not in line.reading.agreed
    line.agree(key, (what, code), given)
    if not first or not given or held == given:
        return
    if held is None:
        line.doubt(key, _("Unit %(code)s belum dikenal dan akan ditambahkan.", code=code))
    else:
        line.doubt(
            key,
            _(
                "Nama unit %(code)s akan berubah dari “%(held)s” menjadi “%(given)s”.",
                code=code,
                held=held,
                given=given,
            ),
        )


def _performance(line: Line) -> Row:
    nip = _held_nip(line)
    year = line.take(
        "year", lambda cell: cells.whole(cell, FIRST_YEAR, line.reading.known.today.year)
    )
    if nip is not None and year is not None:
        line.once("year", (nip, year))
    row: Row = {
        "nip": nip,
        "year": year,
        "results": line.take("results", lambda cell: cells.one_of(cell, STANDINGS)),
        "behaviour": line.take("behaviour", lambda cell: cells.one_of(cell, STANDINGS)),
    }
    source = line.take("source", cells.text)
    return row | {"source": source} if source else row  # left out, a source at hand stays


def _talent_score(line: Line) -> Row:
    known = line.reading.known
    nip = _held_nip(line)
    names = {code: component.name for code, component in known.components.items()}
    component = line.take("component", lambda cell: cells.one_of(cell, names))
    value = None
    if component is not None:
        value = _value(line, component)
        if nip is not None:
            line.once("component", (nip, component))
    dated = line.take("dated", lambda cell: cells.day(cell, known.today))
    return {
        "nip": nip,
        "component": component,
        "value": value,
        "dated": dated.isoformat() if dated else None,
        "source": line.take("source", cells.required),
    }


def _value(line: Line, code: str) -> float | None:
    """A score, or that of the category named where the component is recorded in categories."""
    component = line.reading.known.components[code]
    if not component.categories:
        return line.take("value", lambda cell: cells.score(cell, component.least, 100.0))
    scores = {f"{score:g}": score for _words, score in component.categories.values()}
    given = line.given.get("value")
    if cells.text(given) in scores:
        return scores[cells.text(given)]
    words = {name: said for name, (said, _score) in component.categories.items()}
    category = line.take("value", lambda cell: cells.one_of(cell, words))
    return component.categories[category][1] if category else None


def _nip(line: Line) -> str | None:
    nip = line.take("nip", cells.nip)
    if nip is None:
        return None
    found = check_nip(nip, line.reading.known.today)
    if found.error:
        line.fault("nip", found.error)
        return None
    if found.warning:
        line.doubt("nip", found.warning)
    return nip


def _held_nip(line: Line) -> str | None:
    nip = line.take("nip", cells.nip)
    if nip is None or nip in line.reading.known.nips:
        return nip
    found = check_nip(nip, line.reading.known.today)
    line.fault(
        "nip",
        found.error
        or _(
            "NIP ini belum terdaftar. Unggah dahulu berkas pegawai yang memuatnya, atau periksa "
            "NIP-nya."
        ),
    )
    return None


_READERS: Mapping[Kind, Callable[[Line], Row]] = {
    Kind.PEOPLE: _person,
    Kind.PERFORMANCE: _performance,
    Kind.TALENT_SCORES: _talent_score,
}
