from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from scoring_models import Rubric
from scoring_models.errors import RubricError


def mapping() -> dict[str, Any]:
    levels = [
        {
            "level": k,
            "descriptor": f"Perilaku {k}.",
            "anchors": [f"Jawaban {k}{letter}." for letter in "abc"],
            "negatives": [f"Kebalikan {k}."],
        }
        for k in range(1, 6)
    ]
    indicators = [{"code": "lapor", "shown": "Melapor.", "violated": "Menutupi."}]
    return {"indicators": indicators, "levels": levels}


def test_a_complete_rubric_is_read() -> None:
    rubric = Rubric.from_mapping(mapping())
    assert [level.level for level in rubric.levels] == [1, 2, 3, 4, 5]
    assert rubric.levels[2].anchors == ("Jawaban 3a.", "Jawaban 3b.", "Jawaban 3c.")
    assert rubric.indicators[0].violated == "Menutupi."


def test_digest_follows_content() -> None:
    again, other = mapping(), mapping()
    other["levels"][4]["anchors"][0] = "Jawaban lain."
    digest = Rubric.from_mapping(mapping()).digest
    assert Rubric.from_mapping(again).digest == digest
    assert Rubric.from_mapping(other).digest != digest


def _drop(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda rubric: rubric["levels"][1].pop(key)


def _set(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda rubric: rubric["levels"][1].update({key: value})


@pytest.mark.parametrize(
    ("spoil", "where", "problem"),
    [
        (_drop("negatives"), "levels[1]", "lacks negatives"),
        (_drop("anchors"), "levels[1]", "lacks anchors"),
        (_set("anchors", ["satu", "dua"]), "levels[1].anchors", "has 2, expected 3"),
        (_set("anchors", ["satu", " ", "dua"]), "levels[1].anchors[1]", "expected text"),
        (_set("negatives", []), "levels[1].negatives", "not empty"),
        (_set("level", "2"), "levels[1].level", "whole number"),
        (_set("level", 3), "levels", "[1, 3, 3, 4, 5]"),
        (_set("descriptor", None), "levels[1].descriptor", "expected text"),
        (_set("notes", "x"), "levels[1]", "has notes"),
        (_set("negatives", ["Jawaban 3a."]), "levels", "two places"),
        (lambda r: r["levels"].pop(), "levels", "[1, 2, 3, 4]"),
        (lambda r: r.pop("indicators"), "top", "lacks indicators"),
        (lambda r: r["indicators"].append(r["indicators"][0]), "indicators", "code twice"),
        (lambda r: r.update(levels="none"), "levels", "expected a list"),
    ],
)
def test_what_is_wrong_is_named(
    spoil: Callable[[dict[str, Any]], None], where: str, problem: str
) -> None:
    spoiled = copy.deepcopy(mapping())
    spoil(spoiled)
    with pytest.raises(RubricError) as caught:
        Rubric.from_mapping(spoiled)
    assert caught.value.where == where
    assert problem in str(caught.value)
