"""Labels and names of constraints, and the digest of items that have the attributes they count."""

from dataclasses import replace

import pytest

from assessment_engine import Item, ItemError, ItemPool
from assessment_engine.constraints import (
    AllOrNone,
    Budget,
    Constraint,
    ItemCount,
    SetCount,
    SetSize,
    labels_of,
    name_of,
)

FIRST = Item("i1", "x", "2PL", 1.2, (0.5,), content="a", enemies=frozenset({"i2"}))
SECOND = Item("i2", "x", "GRM", 0.8, (-1.0, 0.25), kind="free_text", seconds=90.0, n_options=4)
# Of the same items in version 0.1.0, before stimuli, words and tags.
DIGEST = "0fc7f7b6265db21af2b233841016423131eaa55bd11055788810ba24008f058e"


def test_items_without_the_new_attributes_keep_their_digest() -> None:
    assert ItemPool([FIRST, SECOND]).digest == DIGEST


@pytest.mark.parametrize(
    "change", [{"stimulus": "s"}, {"words": 3}, {"tags": frozenset({"dok=2"})}]
)
def test_each_attribute_changes_the_digest(change: dict[str, str]) -> None:
    assert ItemPool([replace(FIRST, **change), SECOND]).digest != DIGEST


def test_words_below_zero_are_refused() -> None:
    with pytest.raises(ItemError, match="words=-1"):
        ItemPool([replace(FIRST, words=-1)])


def test_labels_are_tags_and_the_item_s_own_attributes() -> None:
    item = replace(FIRST, stimulus="p", tags=frozenset({"dok=2"}))
    assert labels_of(item) == {"dok=2", "content=a", "kind=keyed", "stimulus=p"}


@pytest.mark.parametrize(
    ("constraint", "name"),
    [
        (ItemCount((("t=1", "t=2"), ("dok=3",)), 1, 2), "items with t=1 or t=2 and dok=3"),
        (ItemCount((), 1, 2), "items"),
        (Budget("words", 1, 2), "words"),
        (SetSize(1, 2), "items of each stimulus"),
        (SetCount(1, 2), "stimuli"),
        (AllOrNone(("i1", "i2")), "AllOrNone of i1, i2"),
    ],
)
def test_names_say_what_is_counted(constraint: Constraint, name: str) -> None:
    assert name_of(constraint) == name
