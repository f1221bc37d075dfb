"""The starter bank as a psychometrician checks it: coverage, rubrics, likeness, form of options.

Likeness of two stems is the cosine of their TF-IDF vectors (1 + log count, times log of items over
items with the word), after leaving out words that more than a fifth of the items of one kind share.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from itertools import combinations
from math import log, sqrt
from pathlib import Path

import pytest

from item_bank.importing.bank import BankFolder, read_bank
from item_bank.importing.schema import ChoiceItemIn, FreeTextItemIn, ItemIn, KeyedItemIn

STARTER = Path(__file__).parents[2] / "item_bank" / "starter"
COMPETENCIES = (
    "integritas",
    "kerja_sama",
    "komunikasi",
    "orientasi_pada_hasil",
    "pelayanan_publik",
    "pengembangan_diri",
    "mengelola_perubahan",
    "pengambilan_keputusan",
    "perekat_bangsa",
)
TOO_ALIKE_SITUATIONS = 0.30  # the most alike pair of situations stands at 0.25
TOO_ALIKE = 0.45  # the most alike pair of all, two short table questions, at 0.40
TOKEN = re.compile(r"[a-z]{3,}|\d+")

FormRule = Callable[[str], float]


@cache
def bank() -> BankFolder:
    return read_bank(STARTER)


@cache
def items_of(competency: str) -> tuple[ItemIn, ...]:
    """The items that a sitting can meet, without the practice items."""
    return tuple(
        item
        for file in bank().files
        if file.content.competency == competency
        for item in file.content.items
        if not item.practice
    )


def every_item() -> list[ItemIn]:
    return [item for file in bank().files for item in file.content.items]


def choices(competency: str) -> list[ChoiceItemIn]:
    return [item for item in items_of(competency) if isinstance(item, ChoiceItemIn)]


def free_texts(competency: str) -> list[FreeTextItemIn]:
    return [item for item in items_of(competency) if isinstance(item, FreeTextItemIn)]


# --- coverage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("competency", COMPETENCIES)
def test_competency_has_enough_items(competency: str) -> None:
    assert len(choices(competency)) >= 12
    assert len(free_texts(competency)) >= 2


@pytest.mark.parametrize("competency", COMPETENCIES)
def test_choice_items_target_every_level(competency: str) -> None:
    levels = Counter(item.target_level for item in choices(competency))
    assert all(levels[level] >= 2 for level in range(1, 6))


def test_there_are_enough_reasoning_items_of_each_content() -> None:
    contents = Counter(
        item.content for item in items_of("penalaran") if isinstance(item, KeyedItemIn)
    )
    assert contents.total() >= 150
    assert {*contents} == {"number_series", "analogy", "syllogism", "data"}
    assert min(contents.values()) >= 35


def test_codes_are_unique() -> None:
    codes = Counter(item.code for item in every_item())
    assert [code for code, times in codes.items() if times > 1] == []


def test_settings_come_from_a_modest_vocabulary() -> None:
    settings = Counter(item.content for item in every_item() if not isinstance(item, KeyedItemIn))
    assert len(settings) <= 30


# --- options and rubrics -------------------------------------------------------------------------


@pytest.mark.parametrize("competency", COMPETENCIES)
def test_options_hold_scores_and_rationales(competency: str) -> None:
    for item in choices(competency):
        scores = [option.score for option in item.options]
        assert len(scores) == 4
        assert scores.count(3) == 1
        assert set(scores) <= {0, 1, 2, 3}
        assert len({option.text for option in item.options}) == 4
        assert all(len(option.rationale.split()) >= 5 for option in item.options), item.code


@pytest.mark.parametrize("competency", COMPETENCIES)
def test_rubrics_have_five_levels_with_anchors_and_negatives(competency: str) -> None:
    for item in free_texts(competency):
        assert [level.level for level in item.rubric.levels] == [1, 2, 3, 4, 5]
        assert len(item.rubric.indicators) >= 3
        for level in item.rubric.levels:
            assert len(level.anchors) >= 3, (item.code, level.level)
            assert len(level.negatives) >= 2, (item.code, level.level)
        answers = [
            text for level in item.rubric.levels for text in (*level.anchors, *level.negatives)
        ]
        assert len(set(answers)) == len(answers), item.code


@pytest.mark.parametrize("competency", COMPETENCIES)
def test_stems_are_neither_bare_nor_long(competency: str) -> None:
    lengths = {
        item.code: len(item.stem.split())
        for item in (*choices(competency), *free_texts(competency))
    }
    assert {code: words for code, words in lengths.items() if not 45 <= words <= 90} == {}
    assert all(item.stem.endswith("?") for item in (*choices(competency), *free_texts(competency)))


# --- options known by their form -----------------------------------------------------------------


def _length(text: str) -> float:
    return float(len(text))


def _list_of_three(text: str) -> float:
    return float(bool(re.search(r",[^,]+, (dan|atau|lalu|kemudian|serta) ", text)))


def _reason(text: str) -> float:
    return float(bool(re.search(r"\b(karena|supaya|agar|sehingga|sebab)\b", text)))


@pytest.mark.parametrize("competency", COMPETENCIES)
def test_best_option_is_longest_in_at_most_a_third(competency: str) -> None:
    items = choices(competency)
    longest = [
        item.code
        for item in items
        if max(item.options, key=lambda option: len(option.text)).score == 3
    ]
    assert len(longest) <= len(items) / 3, longest


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(_length, id="longest"),
        pytest.param(lambda text: -_length(text), id="shortest"),
        pytest.param(_list_of_three, id="list of three"),
        pytest.param(lambda text: -_list_of_three(text), id="no list of three"),
        pytest.param(_reason, id="gives a reason"),
        pytest.param(lambda text: -_reason(text), id="gives no reason"),
        pytest.param(lambda text: _list_of_three(text) - _reason(text), id="list, no reason"),
    ],
)
def test_guessing_by_form_finds_the_best_option_hardly_more_than_chance(rule: FormRule) -> None:
    """Chance is .25; a rule that ties draws among its options."""
    items = [item for competency in COMPETENCIES for item in choices(competency)]
    found = sum(_share_found(item, rule) for item in items) / len(items)
    assert found <= 1 / 3


def _share_found(item: ChoiceItemIn, rule: FormRule) -> float:
    value = {option.score: rule(option.text) for option in item.options if option.score == 3}[3]
    values = [rule(option.text) for option in item.options]
    return (value == max(values)) / values.count(max(values))


# --- likeness ------------------------------------------------------------------------------------


def test_no_two_stems_are_near_duplicates() -> None:
    items = {item.code: item for item in every_item() if _is_of_words(item)}
    vectors = _vectors(items)
    alike = {}
    for one, other in combinations(items, 2):
        likeness = _cosine(vectors[one], vectors[other])
        situations = _kind(items[one]) == _kind(items[other]) == "situation"
        if likeness > (TOO_ALIKE_SITUATIONS if situations else TOO_ALIKE):
            alike[one, other] = round(likeness, 2)
    assert alike == {}


def test_likeness_finds_a_situation_retold() -> None:
    """The measure must be able to fail: one situation told in other words is found."""
    items: dict[str, ItemIn] = {item.code: item for item in every_item() if _is_of_words(item)}
    retold = items["INT-07"].model_copy(
        update={
            "code": "INT-99",
            "stem": "Anda memimpin juru pungut retribusi pasar. Setoran seorang juru pungut dua "
            "kali terlambat sehari, karena uang itu ia pakai semalam untuk biaya berobat anaknya. "
            "Apa tindakan Anda?",
        }
    )
    vectors = _vectors({**items, retold.code: retold})
    assert _cosine(vectors["INT-07"], vectors["INT-99"]) > TOO_ALIKE_SITUATIONS


def _is_of_words(item: ItemIn) -> bool:
    """Series are numbers only; ``test_reasoning_keys`` compares their rules instead."""
    return not (isinstance(item, KeyedItemIn) and item.content == "number_series")


def _kind(item: ItemIn) -> str:
    return item.content if isinstance(item, KeyedItemIn) else "situation"


def _vectors(items: Mapping[str, ItemIn]) -> dict[str, dict[str, float]]:
    words = {code: Counter(TOKEN.findall(item.stem.lower())) for code, item in items.items()}
    sizes = Counter(_kind(item) for item in items.values())
    within = Counter((_kind(items[code]), word) for code in items for word in words[code])
    telling = {
        code: {
            word: times
            for word, times in words[code].items()
            if within[_kind(item), word] <= sizes[_kind(item)] / 5
        }
        for code, item in items.items()
    }
    seen_in = Counter(word for counts in telling.values() for word in counts)
    return {
        code: {
            word: (1 + log(times)) * log(len(items) / seen_in[word])
            for word, times in counts.items()
        }
        for code, counts in telling.items()
    }


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    norms = sqrt(sum(x * x for x in one.values()) * sum(x * x for x in other.values()))
    return sum(x * other.get(word, 0.0) for word, x in one.items()) / norms if norms else 0.0
