"""Quotas and enemies: what the look-ahead admits, against brute force; what rules checks refuse."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assessment_engine import (
    Administer,
    Answered,
    Estimation,
    Finish,
    Item,
    ItemPool,
    Log,
    Offered,
    Opened,
    Quota,
    Rules,
    RulesError,
    Section,
    check_rules,
    next_step,
)
from assessment_engine.content import OUT_OF_REACH


@st.composite
def small_pools(draw: st.DrawFn) -> ItemPool:
    """Up to nine items of one dimension with contents, kinds and enemies."""
    n = draw(st.integers(2, 9))
    ids = [f"i{k}" for k in range(n)]
    pairs = draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=5))
    return ItemPool(
        Item(
            name,
            "x",
            "2PL",
            draw(st.floats(0.5, 2.0)),
            (draw(st.floats(-2.0, 2.0)),),
            content=draw(st.sampled_from("ab")),
            kind=draw(st.sampled_from(["keyed", "free_text"])),
            enemies=frozenset(b for a, b in pairs if a == name and b != name),
        )
        for name in ids
    )


@st.composite
def sections(draw: st.DrawFn, code: str = "s") -> Section:
    """A section of one to six items with any of four quotas."""
    high = draw(st.integers(1, 6))
    names = [("content", "a"), ("content", "b"), ("kind", "keyed"), ("kind", "free_text")]
    quotas = []
    for attribute, value in names:
        if draw(st.booleans()):
            low = draw(st.integers(0, 2))
            top = draw(st.one_of(st.none(), st.integers(low, 4)))
            quotas.append(Quota(attribute, value, low, top))
    # A target of 9 logits is met by any answer, one of 0 by none.
    target = draw(st.sampled_from([0.0, 9.0]))
    return Section(code, "x", draw(st.integers(0, high)), high, target, None, tuple(quotas))


def fulfils(section: Section, items: tuple[Item, ...]) -> bool:
    """Whether a set of items is an admissible test by itself."""
    ids = {item.id for item in items}
    if any(item.enemies & ids for item in items):
        return False
    if not section.min_items <= len(items) <= section.max_items:
        return False
    for quota in section.quotas:
        n = sum(getattr(item, quota.attribute) == quota.value for item in items)
        if n < quota.minimum or (quota.maximum is not None and n > quota.maximum):
            return False
    return True


def admissible(section: Section, pool: ItemPool) -> bool:
    """Brute force over all sets of items."""
    return any(
        fulfils(section, items) for n in range(len(pool) + 1) for items in combinations(pool, n)
    )


def sit(rules: Rules, pool: ItemPool, seed: int, eligible: tuple[str, ...] = ()) -> Log:
    """Answer every item wrong, then right, and so on, until the test ends."""
    log: Log = (Opened(0.0, "t", "p", eligible),)
    while True:
        step = next_step(rules, pool, log, seed)
        if isinstance(step, Finish):
            return log
        offer = Offered(0.0, step.position, step.section, step.item, step.option_order, step.note)
        answer = Answered(0.0, step.position, step.item, step.position % 2)
        log = (*log, offer, answer)


def offered(log: Log, pool: ItemPool, section: str) -> tuple[Item, ...]:
    return tuple(pool[e.item] for e in log if isinstance(e, Offered) and e.section == section)


@settings(max_examples=300)
@given(small_pools(), sections())
def test_rules_are_refused_exactly_when_no_set_of_items_fulfils_them(
    pool: ItemPool, section: Section
) -> None:
    try:
        check_rules(Rules((section,)), pool)
        accepted = True
    except RulesError:
        accepted = False
    assert accepted == admissible(section, pool)


@settings(max_examples=200)
@given(small_pools(), sections(), st.integers(0, 2**31), st.integers(1, 5))
def test_every_minimum_is_met_and_no_maximum_exceeded(
    pool: ItemPool, section: Section, seed: int, randomesque: int
) -> None:
    assume(admissible(section, pool))
    log = sit(Rules((section,), randomesque=randomesque), pool, seed)
    items = offered(log, pool, "s")
    assert len({item.id for item in items}) == len(items)
    assert fulfils(section, items)
    assert not any(isinstance(e, Offered) and e.note for e in log)


@settings(max_examples=150)
@given(small_pools(), sections("s"), sections("t"), st.integers(0, 2**31))
def test_sections_that_share_items_leave_enough_for_one_another(
    pool: ItemPool, first: Section, second: Section, seed: int
) -> None:
    rules = Rules((first, second), randomesque=3)
    try:
        check_rules(rules, pool)
    except RulesError:
        assume(False)
    log = sit(rules, pool, seed)
    one, other = offered(log, pool, "s"), offered(log, pool, "t")
    assert fulfils(first, one)
    assert fulfils(second, other)
    ids = [item.id for item in (*one, *other)]
    assert len(set(ids)) == len(ids)
    assert not any(item.enemies & set(ids) for item in (*one, *other))


def test_enemies_count_across_sections_and_dimensions() -> None:
    """x1 would be best, but y1 is the only item of y and its enemy."""
    pool = ItemPool(
        [
            Item("x1", "x", "2PL", 2.0, (0.0,), enemies=frozenset({"y1"})),
            Item("x2", "x", "2PL", 0.5, (0.0,)),
            Item("y1", "y", "2PL", 1.0, (0.0,)),
        ]
    )
    rules = Rules((Section("x", "x", 1, 1, 0.0), Section("y", "y", 1, 1, 0.0)), randomesque=1)
    check_rules(rules, pool)
    log = sit(rules, pool, 1)
    assert [e.item for e in log if isinstance(e, Offered)] == ["x2", "y1"]


def test_the_effect_on_later_sections_is_followed_through() -> None:
    """x1 would take y1 away, so that y would have to take y2, and with it z1, all that z has."""
    pool = ItemPool(
        [
            Item("x1", "x", "2PL", 2.0, (0.0,), enemies=frozenset({"y1"})),
            Item("x2", "x", "2PL", 0.5, (0.0,)),
            Item("y1", "y", "2PL", 1.0, (0.0,)),
            Item("y2", "y", "2PL", 2.0, (0.0,), enemies=frozenset({"z1"})),
            Item("z1", "z", "2PL", 1.0, (0.0,)),
        ]
    )
    rules = Rules(tuple(Section(d, d, 1, 1, 0.0) for d in "xyz"), randomesque=1)
    log = sit(rules, pool, 1)
    assert [e.item for e in log if isinstance(e, Offered)] == ["x2", "y1", "z1"]


def test_a_pool_cut_down_below_its_rules_goes_on_and_says_so() -> None:
    pool = ItemPool(
        Item(f"{content}{n}", "x", "2PL", 1.0, (0.0,), content=content)
        for content in "ab"
        for n in range(5)
    )
    section = Section("s", "x", 4, 4, 0.0, None, (Quota("content", "a", 3),))
    log = sit(Rules((section,), randomesque=1), pool, 1, ("a0", "a1", "b0", "b1", "b2"))
    offers = [e for e in log if isinstance(e, Offered)]
    assert [offer.note for offer in offers] == [OUT_OF_REACH] * 4
    assert {offer.item for offer in offers[:2]} == {"a0", "a1"}
    assert len(offers) == 4


def test_only_eligible_items_are_offered() -> None:
    pool = ItemPool(Item(f"i{n}", "x", "2PL", 1.0, (n / 10,)) for n in range(30))
    log = sit(Rules((Section("s", "x", 0, 10, 0.0),)), pool, 5, ("i3", "i17", "i29"))
    assert {item.id for item in offered(log, pool, "s")} == {"i3", "i17", "i29"}


POOL = ItemPool(
    Item(f"{content}{n}", "x", "2PL", 1.0, (0.0,), content=content)
    for content in "ab"
    for n in range(4)
)
SECTION = Section("s", "x", 2, 6, 0.3)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (Rules(()), "no section"),
        (Rules((SECTION, SECTION)), "must differ"),
        (Rules((SECTION,), randomesque=0), "randomesque=0"),
        (Rules((SECTION,), time_limit=0.0), "time_limit=0.0"),
        (Rules((SECTION,), estimation=Estimation(prior_sd=0.0)), "prior_sd"),
        (Rules((SECTION,), estimation=Estimation(n_nodes=3)), "n_nodes=3"),
        (Rules((replace(SECTION, dimension="z"),)), r"section 's': no item measures 'z'"),
        (Rules((replace(SECTION, max_items=0),)), "max_items=0"),
        (Rules((replace(SECTION, min_items=7),)), "min_items=7"),
        (Rules((replace(SECTION, se_target=-1.0),)), "se_target"),
        (Rules((replace(SECTION, time_limit=-1.0),)), "time_limit=-1.0"),
        (
            Rules((replace(SECTION, quotas=(Quota("content", "a", 5),)),)),
            "section 's': quota content='a' needs 5 items, but the pool has 4",
        ),
        (
            Rules((replace(SECTION, quotas=(Quota("content", "a", 2, 1),)),)),
            "minimum 2 exceeds maximum 1",
        ),
        (
            Rules((replace(SECTION, quotas=(Quota("content", "a"), Quota("content", "a", 1))),)),
            "set twice",
        ),
        (
            Rules((replace(SECTION, quotas=(Quota("content", "a", 4), Quota("content", "b", 4))),)),
            "add up to 8, more than max_items=6",
        ),
        (
            Rules(
                (replace(SECTION, min_items=6, max_items=6, quotas=(Quota("content", "a", 0, 1),)),)
            ),
            "min_items=6",
        ),
        (
            Rules((SECTION, Section("t", "x", 7, 8, 0.0))),
            r"sections \['s', 't'\] draw on the same items",
        ),
    ],
)
def test_rules_that_cannot_be_met_name_section_and_quota(rules: Rules, message: str) -> None:
    with pytest.raises(RulesError, match=message):
        check_rules(rules, POOL)


def test_enemies_that_undercut_a_quota_are_named() -> None:
    names = [f"a{n}" for n in range(4)]
    pool = ItemPool(
        Item(n, "x", "2PL", 1.0, (0.0,), content="a", enemies=frozenset(names) - {n}) for n in names
    )
    section = Section("s", "x", 0, 4, 0.3, None, (Quota("content", "a", 2),))
    with pytest.raises(RulesError, match="enemies of one another"):
        check_rules(Rules((section,)), pool)


def test_a_large_pool_with_tight_quotas_is_decided_quickly() -> None:
    """Counted in nodes, not seconds: 40 items under five contents and two kinds, all bounded."""
    random = np.random.default_rng(5)
    pool = ItemPool(
        Item(
            f"i{n:03}",
            "x",
            "2PL",
            1.0,
            (float(random.normal()),),
            content="abcde"[n % 5],
            kind="free_text" if n % 7 == 0 else "keyed",
        )
        for n in range(400)
    )
    quotas = tuple(Quota("content", c, 6, 9) for c in "abcde")
    quotas += (Quota("kind", "free_text", 8, 10),)
    section = Section("s", "x", 40, 40, 0.0, None, quotas)
    rules = Rules((section,))
    check_rules(rules, pool)
    step = next_step(rules, pool, (Opened(0.0, "t", "p", ()),), 1)
    assert isinstance(step, Administer)
    assert not step.note
