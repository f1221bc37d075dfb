"""The synthetic answers of the starter bank: complete, rightly labelled, in their own words."""

from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from item_bank.errors import ImportFileError
from item_bank.importing.bank import read_bank
from item_bank.importing.development import Attack, DevelopmentAnswer, read_development
from item_bank.importing.schema import FreeTextItemIn

STARTER = Path(__file__).parents[2] / "item_bank" / "starter"
ITEMS = {
    item.code: item
    for file in read_bank(STARTER).files
    for item in file.content.items
    if isinstance(item, FreeTextItemIn) and not item.practice
}
ANSWERS = read_development(STARTER)


def of(code: str) -> list[DevelopmentAnswer]:
    return [answer for answer in ANSWERS if answer.item == code]


def words(text: str) -> tuple[str, ...]:
    return tuple(text.lower().split())


@pytest.mark.parametrize("code", sorted(ITEMS))
def test_every_item_has_answers_of_every_level_and_kind(code: str) -> None:
    answers = of(code)
    honest = Counter(answer.level for answer in answers if answer.kind != "gaming")
    assert len(answers) >= 16
    assert set(honest) == {1, 2, 3, 4, 5}
    assert min(honest.values()) >= 2
    kinds = {answer.kind for answer in answers}
    assert kinds == {"natural", "typos", "regional", "short", "padded", "english", "gaming"}
    assert len({answer.attack for answer in answers if answer.attack}) >= 3


def test_labels_name_indicators_of_the_rubric_and_items_of_the_bank() -> None:
    for answer in ANSWERS:
        codes = {indicator.code for indicator in ITEMS[answer.item].rubric.indicators}
        assert {*answer.shown, *answer.violated} <= codes, answer.text


def test_no_text_comes_twice_and_honest_ones_borrow_no_sentence_from_the_rubric() -> None:
    texts = Counter(words(answer.text) for answer in ANSWERS)
    assert texts.most_common(1)[0][1] == 1
    for answer in ANSWERS:
        if answer.kind == "gaming":
            continue
        mine = words(answer.text)
        runs = {mine[i : i + 8] for i in range(len(mine) - 7)}
        for level in ITEMS[answer.item].rubric.levels:
            for text in (*level.anchors, *level.negatives):
                theirs = words(text)
                assert not any(theirs[i : i + 8] in runs for i in range(len(theirs) - 7)), (
                    answer.text
                )


def test_length_does_not_give_the_level_away() -> None:
    """Mean lengths of honest answers differ by less than half from level to level."""
    lengths: dict[int, list[int]] = {level: [] for level in range(1, 6)}
    for answer in ANSWERS:
        if answer.kind != "gaming":
            lengths[answer.level].append(len(words(answer.text)))
    means = [sum(found) / len(found) for found in lengths.values()]
    assert max(means) < 1.5 * min(means)


def test_every_file_says_that_it_is_synthetic() -> None:
    for path in (STARTER / "development").glob("*.yaml"):
        assert path.read_text(encoding="utf-8").startswith("# Synthetic"), path.name


GOOD = """answers:
  - {item: X-F1, level: 2, kind: natural, shown: [a], violated: [], note: n, text: Saya lapor.}
"""


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("level: 2", "level: 6", "level"),
        ("kind: natural", "kind: gaming", "attack"),
        ("kind: natural", "kind: natural, attack: negated", "only then"),
        ("violated: []", "violated: [a]", "a cannot be shown and violated"),
        ("text: Saya lapor.", "txt: Saya lapor.", "txt"),
        ("answers:", "answers: [", "not readable"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, old: str, new: str, named: str) -> None:
    (tmp_path / "development").mkdir()
    path = tmp_path / "development" / "x.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_development(tmp_path)[0].shown == ["a"]
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ImportFileError, match=named) as caught:
        read_development(tmp_path)
    assert "x.yaml" in str(caught.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="no answers were found"):
        read_development(tmp_path)


def test_every_attack_occurs() -> None:
    assert {answer.attack for answer in ANSWERS} == {None, *get_args(Attack)}
