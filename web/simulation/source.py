"""What a simulation runs on: the rules of an assessment, a pool, and where levels begin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session

from assessment_engine import ItemPool, Rules, check_rules
from assessment_engine.records import Item
from item_bank.assessments import AssessmentIn, latest_version, read_assessment, rules_of
from item_bank.bank import parameter_sets
from item_bank.pool import load_form, load_pool
from web.errors import WebError

Cuts = Mapping[str, Sequence[float]]
ATTRIBUTES = ("kind", "content", "seconds", "n_options", "stimulus", "words")
SETS = ("enemies", "tags")


class SimulationSourceError(WebError):
    """The test to be simulated cannot be put together from what was named."""


@dataclass(frozen=True, slots=True)
class SimulatedForm:
    """A test: its name, its rules, the pool that fulfils them, and cuts by dimension."""

    name: str
    rules: Rules
    pool: ItemPool
    cuts: Cuts

    @property
    def n_dimensions(self) -> int:
        return len({section.dimension for section in self.rules.sections})

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Which test it is: words and values."""
        pool = f"{len(self.pool)} items, sha256 {self.pool.digest[:12]}"
        return ("assessment", self.name), ("pool", pool)


def from_files(path: Path, pools: Sequence[tuple[str, Path]]) -> SimulatedForm:
    """An assessment file over parameter sets.

    Parameters
    ----------
    path : Path
        Of the assessment file.
    pools : sequence of (str, Path)
        Dimension and JSON file of ``takar calibrate --out``. Without a dimension (an empty string)
        each item names its own. Items may have more of what the engine knows: ``kind``,
        ``content``, ``seconds``, ``enemies``, ``stimulus``, ``words``, ``tags``.

    Raises
    ------
    ImportFileError, DataError, ItemError, RulesError
        Where a file is not readable, or the pool cannot fulfil the rules.
    SimulationSourceError
        If an item has no dimension.
    """
    definition = read_assessment(path)
    pool = ItemPool(item for dimension, file in pools for item in _items(dimension, file))
    return _checked(definition, pool, {})


def from_bank(session: Session, assessment: str) -> SimulatedForm:
    """A published assessment by its code, or an assessment file over the bank's newest parameters.

    Raises
    ------
    SimulationSourceError
        If there is no such assessment, or the bank has no parameters.
    ImportFileError, RulesError
        Where the file is not readable, or the bank cannot fulfil the rules.
    """
    try:
        if _is_file(assessment):
            return _file_over_bank(session, Path(assessment))
        published = latest_version(session, assessment)
    except ProgrammingError as error:
        raise SimulationSourceError(
            "the database has no item bank yet; run takar migrate and takar bank import, or give "
            "--pool"
        ) from error
    if published is None:
        raise SimulationSourceError(
            f"there is neither a file nor a published assessment {assessment!r}; publish it by "
            "takar bank import, or name its file"
        )
    form = load_form(session, published.id)
    return SimulatedForm(form.definition.title, form.rules, form.pool, form.cuts)


def _is_file(assessment: str) -> bool:
    return assessment.endswith((".yaml", ".yml")) or Path(assessment).is_file()


def _file_over_bank(session: Session, path: Path) -> SimulatedForm:
    definition = read_assessment(path)
    known = parameter_sets(session)
    if not known:
        raise SimulationSourceError(
            "the bank has no parameter set; run takar bank import, or give --pool"
        )
    return _checked(definition, load_pool(session, known[0].id), known[0].cut_scores)


def _checked(definition: AssessmentIn, pool: ItemPool, cuts: Cuts) -> SimulatedForm:
    rules = rules_of(definition)
    check_rules(rules, pool)
    return SimulatedForm(definition.title, rules, pool, cuts)


def _items(dimension: str, path: Path) -> list[Item]:
    from calibration.exchange import read_parameters
    from calibration.parameters import engine_item

    known = read_parameters(path)
    return [
        _item(engine_item(one, dimension), row, path.name)
        for one, row in zip(known.items, known.content["items"], strict=True)
    ]


def _item(item: Item, row: Mapping[str, Any], name: str) -> Item:
    """The item with whatever the file says of it beyond its parameters."""
    said: dict[str, Any] = {field: row[field] for field in ATTRIBUTES if field in row}
    said |= {field: frozenset(row[field]) for field in SETS if field in row}
    dimension = item.dimension or str(row.get("dimension", ""))
    if not dimension:
        raise SimulationSourceError(
            f"{name}: item {item.id!r} names no dimension; give --pool DIMENSION={name}"
        )
    return replace(item, dimension=dimension, **said)
