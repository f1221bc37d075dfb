"""The nine-box board of a group: who stands in which box, who only provisionally, who not yet."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlmodel import Session

from assessment_engine import Placement as EnginePlacement
from web.people.directory import Chosen, Listed, people
from web.people.models import Placement
from web.personnel.exporting import Table
from web.policies.schema import PolicyFile, Standing
from web.policies.store import policy_content, policy_in_force
from web.usecases.placement_words import band_x_words, band_y_words
from web.usecases.placements import engine_placement, latest_placements

PROVISIONAL, UNPLACED = "sementara", "belum"
_ROWS: tuple[Standing, ...] = ("above", "meets", "below")


@dataclass(frozen=True, slots=True)
class PersonStanding:
    """A person with the newest placement, as kept and as the engine reads it, if any."""

    listed: Listed
    kept: Placement | None
    placement: EnginePlacement | None

    @property
    def group(self) -> str:
        """The box number, or ``PROVISIONAL``, or ``UNPLACED``."""
        if self.placement is None:
            return UNPLACED
        return str(self.placement.box) if self.placement.box is not None else PROVISIONAL


@dataclass(frozen=True, slots=True)
class Cell:
    """One box: how many stand in it, and their share of all who are placed for good."""

    number: int
    name: str
    shade: int
    count: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Board:
    """Rows from the highest band of performance down; columns from low to high potential."""

    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    columns: tuple[str, ...]
    placed: int
    provisional: int
    unplaced: int


def standings(session: Session, chosen: Chosen) -> list[PersonStanding]:
    """The chosen people by name, each with the newest placement."""
    kept = latest_placements(session)
    return [_standing(one, kept.get(one.person.id)) for one in people(session, chosen)]


def board(session: Session, found: Sequence[PersonStanding]) -> Board:
    """Count ``found`` into the boxes of the policy in force."""
    policy = policy_content(policy_in_force(session))
    counts = Counter(one.group for one in found)
    provisional, unplaced = counts[PROVISIONAL], counts[UNPLACED]
    placed = len(found) - provisional - unplaced
    rows = tuple(
        (
            band_y_words(2 - row),
            tuple(_cell(policy, counts, placed, row, column) for column in range(3)),
        )
        for row in range(3)
    )
    columns = tuple(band_x_words(band) for band in range(3))
    return Board(rows, columns, placed, provisional, unplaced)


def board_table(session: Session, found: Sequence[PersonStanding]) -> Table:
    """Everybody with box, axes, and the versions they came from, for other systems.

    Totals of an axis are empty while a component is missing; its lowest and highest total are given
    always. The total is the sum of both axes.
    """
    policy = policy_content(policy_in_force(session))
    return Table(_("Papan sembilan kotak"), _headings(), [_row(policy, one) for one in found])


def _standing(one: Listed, kept: Placement | None) -> PersonStanding:
    return PersonStanding(one, kept, engine_placement(kept) if kept else None)


def _cell(policy: PolicyFile, counts: Counter[str], placed: int, row: int, column: int) -> Cell:
    number = policy.boxes[_ROWS[row]][column]
    count = counts[str(number)]
    return Cell(
        number=number,
        name=policy.box_names[number],
        shade=(1, 1, 2, 3, 3)[2 - row + column],
        count=count,
        share=count / placed if placed else None,
    )


def _headings() -> dict[str, str]:
    return {
        "nip": _("NIP"),
        "name": _("Nama"),
        "unit_code": _("Kode unit"),
        "unit": _("Unit"),
        "position": _("Jabatan"),
        "job_class": _("Kelas jabatan"),
        "box": _("Kotak"),
        "provisional": _("Sementara"),
        "possible": _("Kotak yang masih mungkin"),
        "x": _("Sumbu X (potensial)"),
        "y": _("Sumbu Y (kinerja)"),
        "total": _("Total X + Y"),
        "x_low": _("X terendah"),
        "x_high": _("X tertinggi"),
        "y_low": _("Y terendah"),
        "y_high": _("Y tertinggi"),
        "missing": _("Belum dinilai"),
        "placed_on": _("Tanggal penempatan"),
        "policy": _("Kebijakan"),
        "assessment": _("Asesmen"),
        "parameter_set": _("Parameter butir"),
        "software": _("Perangkat lunak"),
    }


def _row(policy: PolicyFile, one: PersonStanding) -> dict[str, Any]:
    person, position, unit = one.listed.person, one.listed.position, one.listed.unit
    row: dict[str, Any] = dict.fromkeys(_headings())
    row |= {
        "nip": person.nip,
        "name": person.name,
        "unit_code": unit.code,
        "unit": unit.name,
        "position": position.title,
        "job_class": policy.class_name(position.job_class),
        "possible": [],
        "missing": [],
    }
    return row | (
        _placement_row(policy, one.kept, one.placement) if one.kept and one.placement else {}
    )


def _placement_row(policy: PolicyFile, kept: Placement, found: EnginePlacement) -> dict[str, Any]:
    x, y = found.x, found.y
    total = None if x.total is None or y.total is None else round(x.total + y.total, 2)
    return {
        "box": found.box,
        "provisional": found.provisional,
        "possible": [str(box) for box in found.possible] if found.box is None else [],
        "x": _rounded(x.total),
        "y": _rounded(y.total),
        "total": total,
        "x_low": _rounded(x.low),
        "x_high": _rounded(x.high),
        "y_low": _rounded(y.low),
        "y_high": _rounded(y.high),
        "missing": [policy.component_name(code) for code in found.missing],
        "placed_on": kept.created_at.date(),
        "policy": kept.versions.get("policy"),
        "assessment": kept.versions.get("assessment"),
        "parameter_set": kept.versions.get("parameter_set"),
        "software": kept.versions.get("software"),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
