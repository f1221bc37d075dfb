"""The item pool: what it admits, and that order is nothing to it."""

import math
from typing import Any

import pytest

from assessment_engine import Item, ItemError, ItemPool, UnknownItemError

GOOD: dict[str, Any] = {"id": "i", "dimension": "x", "model": "2PL", "a": 1.0, "b": (0.0,)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": 0.0}, "expected a > 0"),
        ({"a": math.nan}, "finite"),
        ({"b": (math.inf,)}, "finite"),
        ({"b": (0.0, 1.0)}, "expected one difficulty"),
        ({"c": 0.2}, "use 3PL or 4PL"),
        ({"model": "3PL", "d": 0.9}, "use 4PL"),
        ({"model": "4PL", "c": 0.9, "d": 0.9}, "0 <= c < d <= 1"),
        ({"model": "4PL", "d": 1.1}, "0 <= c < d <= 1"),
        ({"model": "GRM", "b": (0.0, 0.0)}, "ascend strictly"),
        ({"model": "GRM", "b": ()}, "b is empty"),
        ({"model": "GPCM", "b": (1.0, 0.0), "c": 0.1}, "c=0.1"),
        ({"model": "5PL"}, "model is unknown"),
        ({"model": "Rasch", "a": 1.2}, "this model has a=1; use 1PL"),
        ({"model": "PCM", "a": 1.2}, "this model has a=1; use GPCM"),
        ({"model": "NRM", "a": 1.2, "slopes": (1.0,)}, "this model has a=1; use slopes"),
        ({"model": "NRM", "slopes": (1.0, 2.0)}, "2 slopes and 1 intercepts"),
        ({"model": "NRM", "slopes": (0.0,)}, "every slope is 0"),
        ({"model": "NRM", "slopes": (math.inf,)}, "finite"),
        ({"model": "NRM", "b": ()}, "b is empty"),
        ({"slopes": (1.0,)}, "only NRM has them"),
        ({"enemies": frozenset({"i"})}, "its own enemy"),
        ({"id": ""}, "id is empty"),
        ({"seconds": -1.0}, "seconds"),
        ({"n_options": -1}, "n_options"),
    ],
)
def test_an_inadmissible_item_is_named_and_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ItemError, match=message):
        ItemPool([Item(**{**GOOD, **change})])


def test_disordered_steps_are_admitted_for_partial_credit() -> None:
    assert len(ItemPool([Item("i", "x", "GPCM", 1.0, (1.0, -1.0))])) == 1


def test_nominal_slopes_may_have_any_sign_and_order() -> None:
    item = Item("i", "x", "NRM", 1.0, (0.3, -0.2), slopes=(-1.0, 0.5))
    assert len(ItemPool([item])) == 1
    other = Item("i", "x", "NRM", 1.0, (0.3, -0.2), slopes=(0.5, -1.0))
    assert ItemPool([item]).digest != ItemPool([other]).digest


def test_an_id_may_occur_once() -> None:
    with pytest.raises(ItemError, match="'i' occurs twice"):
        ItemPool([Item(**GOOD), Item(**GOOD)])


def test_look_up_and_subset() -> None:
    pool = ItemPool(Item(f"i{n}", "x", "1PL", 1.0, (float(n),)) for n in range(5))
    assert pool["i3"].b == (3.0,)
    assert [item.id for item in pool.subset(["i4", "i1"])] == ["i1", "i4"]
    assert "i2" in pool
    assert "i9" not in pool
    for ask in (lambda: pool["i9"], lambda: pool.subset(["i9"])):
        with pytest.raises(UnknownItemError, match="'i9'"):
            ask()


def test_digest_depends_on_content_and_not_on_order() -> None:
    items = [Item(f"i{n}", "x", "2PL", 1.0 + n / 7, (n / 3,)) for n in range(20)]
    shuffled = items[7:] + items[6::-1]
    assert ItemPool(items).digest == ItemPool(shuffled).digest
    assert ItemPool(items) == ItemPool(shuffled)
    for change in ({"b": (0.1,)}, {"content": "c"}, {"kind": "choice"}, {"seconds": 61.0}):
        other = [Item(**{**GOOD, "id": "i0", **change}), *items[1:]]
        assert ItemPool(other).digest != ItemPool(items).digest


def test_a_float_written_as_an_integer_has_the_same_digest() -> None:
    whole, fraction = (Item("i", "x", "1PL", one, (zero,)) for one, zero in ((1, 0), (1.0, 0.0)))
    assert ItemPool([whole]).digest == ItemPool([fraction]).digest


def test_enmity_is_mutual_and_may_name_absent_items() -> None:
    first = Item("a", "x", "1PL", 1.0, (0.0,), enemies=frozenset({"b", "absent"}))
    pool = ItemPool([first, Item("b", "x", "1PL", 1.0, (0.0,))])
    assert pool.enemy_rows == ((1,), (0,))
