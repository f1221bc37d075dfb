"""Behaviourally anchored rubrics: what an answer may show, and how each level is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from scoring_models.errors import RubricError

LEVELS = (1, 2, 3, 4, 5)
MIN_ANCHORS = 3
MIN_NEGATIVES = 1


@dataclass(frozen=True)
class Indicator:
    """A behaviour as an answer shows it, and its opposite."""

    code: str
    shown: str
    violated: str


@dataclass(frozen=True)
class Level:
    """One level: observable behaviour, answers that reach it, and the same turned round."""

    level: int
    descriptor: str
    anchors: tuple[str, ...]
    negatives: tuple[str, ...]


@dataclass(frozen=True)
class Rubric:
    """A complete rubric; build it with ``from_mapping``, which validates."""

    indicators: tuple[Indicator, ...]
    levels: tuple[Level, ...]

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Rubric:
        """Read a rubric in the shape of the item bank's YAML.

        Parameters
        ----------
        mapping : mapping
            ``indicators``: a list of ``code``, ``shown``, ``violated``; ``levels``: levels 1 to 5,
            ascending, each with ``level``, ``descriptor``, three or more ``anchors`` and one or
            more ``negatives`` (items that count have two or more; a practice item has one).

        Raises
        ------
        RubricError
            If a part is missing, empty, out of order, or given twice.
        """
        _keys(mapping, ("indicators", "levels"), "top")
        indicators = tuple(
            _indicator(entry, f"indicators[{i}]")
            for i, entry in enumerate(_entries(mapping["indicators"], "indicators"))
        )
        levels = tuple(
            _level(entry, f"levels[{i}]")
            for i, entry in enumerate(_entries(mapping["levels"], "levels"))
        )
        _check_whole(indicators, levels)
        return cls(indicators, levels)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rubric's content, hexadecimal."""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _indicator(entry: Any, where: str) -> Indicator:
    _keys(entry, ("code", "shown", "violated"), where)
    return Indicator(
        *(_text(entry[key], f"{where}.{key}") for key in ("code", "shown", "violated"))
    )


def _level(entry: Any, where: str) -> Level:
    _keys(entry, ("level", "descriptor", "anchors", "negatives"), where)
    level = entry["level"]
    if isinstance(level, bool) or not isinstance(level, int):
        raise RubricError(f"{where}.level", f"is {level!r}, expected a whole number from 1 to 5")
    return Level(
        level,
        _text(entry["descriptor"], f"{where}.descriptor"),
        _texts(entry["anchors"], f"{where}.anchors", MIN_ANCHORS),
        _texts(entry["negatives"], f"{where}.negatives", MIN_NEGATIVES),
    )


def _check_whole(indicators: Sequence[Indicator], levels: Sequence[Level]) -> None:
    given = tuple(level.level for level in levels)
    if given != LEVELS:
        raise RubricError("levels", f"are {list(given)}, expected {list(LEVELS)} in this order")
    codes = [indicator.code for indicator in indicators]
    if len(set(codes)) < len(codes):
        raise RubricError("indicators", f"have a code twice: {codes}")
    answers = [text for level in levels for text in (*level.anchors, *level.negatives)]
    for text in answers:
        if answers.count(text) > 1:
            raise RubricError("levels", f"the same answer stands in two places: {text[:60]!r}")


def _keys(entry: Any, expected: Sequence[str], where: str) -> None:
    if not isinstance(entry, Mapping):
        raise RubricError(where, f"is {type(entry).__name__}, expected {', '.join(expected)}")
    missing = [key for key in expected if key not in entry]
    if missing:
        raise RubricError(where, f"lacks {', '.join(missing)}")
    unknown = [str(key) for key in entry if key not in expected]
    if unknown:
        raise RubricError(where, f"has {', '.join(unknown)}; only {', '.join(expected)} are known")


def _entries(value: Any, where: str) -> Sequence[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise RubricError(where, f"is {value!r:.60}, expected a list that is not empty")
    return value


def _texts(value: Any, where: str, at_least: int) -> tuple[str, ...]:
    texts = tuple(_text(v, f"{where}[{i}]") for i, v in enumerate(_entries(value, where)))
    if len(texts) < at_least:
        raise RubricError(where, f"has {len(texts)}, expected {at_least} or more")
    return texts


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise RubricError(where, f"is {value!r}, expected text")
    return value.strip()
