"""Answers with people's levels, from CSV."""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from web.scorer.errors import ScorerFileError

NEEDED = ("item", "text", "level")
KNOWN = (*NEEDED, "rater", "person", "synthetic")
LOWEST, HIGHEST = 1, 5
YES, NO = ("yes", "ya", "1", "true"), ("", "no", "tidak", "0", "false")


@dataclass(frozen=True)
class Answer:
    """One text and the levels that people gave it, by rater; ``row`` is its first in the file."""

    row: int
    item: str
    text: str
    person: str
    levels: Mapping[str, int]
    groups: Mapping[str, str]


@dataclass(frozen=True)
class AnswerFile:
    """A checked file: name, SHA-256, answers, its group columns, and whether it is synthetic."""

    name: str
    digest: str
    answers: tuple[Answer, ...]
    columns: tuple[str, ...]
    synthetic: bool

    def ratings(self, answers: Sequence[Answer]) -> npt.NDArray[np.float64]:
        """Levels of these answers, one column a rater in alphabetical order, NaN where none."""
        raters = sorted({rater for answer in self.answers for rater in answer.levels})
        return np.array(
            [[answer.levels.get(rater, np.nan) for rater in raters] for answer in answers],
            dtype=np.float64,
        ).reshape(len(answers), len(raters))


def read_answers(path: Path, items: Sequence[str]) -> AnswerFile:
    """Read a CSV file with the columns item, text, level, and maybe rater, person, synthetic.

    Every other column is a group. A row is one rating; rows of the same item, person and text by
    other raters are further ratings of one answer. ``synthetic`` marks answers written to build a
    scorer: one is enough for all that comes of the file to say so.

    Raises
    ------
    ScorerFileError
        With every problem found, each naming file, row and column and how to mend it.
    """
    problems: list[str] = []
    try:
        content = path.read_bytes()
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        rows = list(csv.reader(text, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScorerFileError(
            [f"{path.name}: not readable: {error}; save it as UTF-8 CSV"]
        ) from error
    head = _head(path.name, rows)
    found: dict[tuple[str, str, str], Answer] = {}
    synthetic = False
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(head):
            problems.append(
                f"{path.name}, row {number}: {len(row)} cells, expected {len(head)}; put quotes "
                "around a text that holds commas"
            )
            continue
        cells = dict(zip(head, map(str.strip, row), strict=True))
        wrong = list(_wrong(cells, items))
        problems += [f"{path.name}, row {number}, column {where}" for where in wrong]
        if wrong:
            continue
        synthetic |= cells.get("synthetic", "").lower() in YES
        problems += [
            f"{path.name}, row {number}, column {where}" for where in _add(found, cells, number)
        ]
    if not found and not problems:
        problems.append(f"{path.name}: no answers below the head; give one row a rating")
    if problems:
        raise ScorerFileError(problems)
    columns = tuple(name for name in head if name not in KNOWN)
    digest = hashlib.sha256(content).hexdigest()
    return AnswerFile(path.name, digest, tuple(found.values()), columns, synthetic)


def _head(name: str, rows: Sequence[Sequence[str]]) -> list[str]:
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    missing = [column for column in NEEDED if column not in head]
    if missing:
        raise ScorerFileError(
            [
                f"{name}, row 1: no column {', '.join(missing)}; the first row names the columns "
                "item, text, level and, where there are any, rater, person, synthetic, groups"
            ]
        )
    twice = sorted({column for column in head if head.count(column) > 1})
    if twice:
        raise ScorerFileError([f"{name}, row 1: column {', '.join(twice)} twice; rename one"])
    return head


def _wrong(cells: Mapping[str, str], items: Sequence[str]) -> Iterator[str]:
    if cells["item"] not in items:
        some = ", ".join(sorted(items)[:5])
        yield f"item: {cells['item']!r} is no free-text item of the bank; there are {some}, ..."
    if not cells["text"]:
        yield "text: empty; leave the row out if the person did not answer"
    level = cells["level"]
    if not (level.isdecimal() and LOWEST <= int(level) <= HIGHEST):
        yield f"level: {level!r}, expected a whole level from {LOWEST} to {HIGHEST}"
    if cells.get("synthetic", "").lower() not in (*YES, *NO):
        yield f"synthetic: {cells['synthetic']!r}, expected yes or no"


def _add(
    found: dict[tuple[str, str, str], Answer], cells: Mapping[str, str], number: int
) -> Iterator[str]:
    key = cells["item"], cells.get("person", ""), cells["text"]
    rater = cells.get("rater", "") or "1"
    level = int(cells["level"])
    groups = {name: value for name, value in cells.items() if name not in KNOWN}
    known = found.get(key)
    if known is None:
        found[key] = Answer(number, key[0], key[2], key[1], {rater: level}, groups)
    elif rater in known.levels:
        if "rater" in cells or known.levels[rater] != level:
            yield (
                f"rater: {rater!r} rated this answer in row {known.row} already; remove one row or "
                "name another rater"
            )
    else:
        levels = {**known.levels, rater: level}
        found[key] = Answer(known.row, key[0], key[2], key[1], levels, known.groups)
