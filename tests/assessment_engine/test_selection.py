"""Choice of items by information, and the random draws around it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from assessment_engine import Item, ItemPool, RulesError, information, maximum_information
from assessment_engine.exposure import draws, option_order, randomesque

KNOWN = Path(__file__).parents[1] / "known_values"


def tcals() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((KNOWN / "catr_tcals_mfi.json").read_text())
    return found


def tcals_pool(case: dict[str, Any]) -> ItemPool:
    return ItemPool(
        Item(f"{i['item']:02}", "x", "4PL", i["a"], (i["b"],), i["c"], i["d"])
        for i in case["items"]
    )


def test_maximum_information_agrees_with_catr() -> None:
    """Oracle: catR manual, nextItem on tcals at theta = 0, criterion MFI."""
    case = tcals()
    pool = tcals_pool(case)
    for choice in case["choices"]:
        out = [f"{item:02}" for item in choice["out"]]
        assert maximum_information(pool, "x", case["theta"], out) == (f"{choice['item']:02}",)
    for item, value in case["information"].items():
        got = information(pool[item], case["theta"])[0]
        assert got == pytest.approx(value, abs=6e-6)


def test_equal_items_go_by_id_wherever_they_stand() -> None:
    pool = ItemPool(Item(f"i{n:03}", "x", "2PL", 1.1, (0.3,)) for n in range(100))
    assert maximum_information(pool, "x", 0.2, n=3) == ("i000", "i001", "i002")
    # The last bits, in which processors differ, decide nothing.
    nearly = ItemPool(Item(f"i{n:03}", "x", "2PL", 1.1 + n * 1e-14, (0.3,)) for n in range(100))
    assert maximum_information(nearly, "x", 0.2, n=3) == ("i000", "i001", "i002")


def test_a_dimension_that_no_item_measures_is_refused() -> None:
    with pytest.raises(RulesError, match="no item measures 'y'"):
        maximum_information(ItemPool([Item("i", "x", "1PL", 1.0, (0.0,))]), "y", 0.0)


def test_randomesque_draws_evenly() -> None:
    """4000 draws of 5: each share is .2 with a standard error of .0063."""
    counts = Counter(randomesque([3, 1, 4, 8, 5], seed, 1) for seed in range(4000))
    assert set(counts) == {1, 3, 4, 5, 8}
    assert all(abs(n / 4000 - 0.2) < 0.025 for n in counts.values())


def test_option_orders_are_even_permutations_of_their_numbers() -> None:
    counts = Counter(option_order(3, seed, 7) for seed in range(3000))
    assert len(counts) == 6
    assert all(sorted(order) == [1, 2, 3] for order in counts)
    assert all(abs(n / 3000 - 1 / 6) < 0.03 for n in counts.values())
    assert option_order(0, 1, 1) == ()


def test_draws_never_change() -> None:
    """A log must replay for as long as it is kept: these numbers are part of the format.

    Oracle: printf '20261:3:item:0' | b2sum, its first bytes read as two little-endian integers.
    """
    stream = draws(20261, 3, "item")
    assert [next(stream) for _ in range(2)] == [3649178924913723823, 10027672709849405066]
    assert option_order(5, 20261, 3) == (1, 2, 5, 3, 4)
