"""Models, constraints, exposure, pretest and stopping rules in one test: what always holds."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessment_engine import (
    Finished,
    Item,
    ItemPool,
    Log,
    Offered,
    Opened,
    Quota,
    Rules,
    Section,
    check_rules,
    profile,
    replay,
    simulate,
)
from assessment_engine.constraints import Assembly, Budget, ItemCount, SetSize
from assessment_engine.exposure import ItemEligibility, Progressive, SympsonHetter
from assessment_engine.opening import open_with
from assessment_engine.pretest import Pretest
from assessment_engine.rules import Estimation
from assessment_engine.stopping_rules import (
    Axis,
    BandRisk,
    ConfidenceInterval,
    Linear,
    MinimumInformation,
    PredictedReduction,
)

TRIED = ("x030", "x031", "x032", "x033")


def item(i: int, dimension: str, random: np.random.Generator) -> Item:
    name, b = f"{dimension}{i:03}", float(random.normal())
    slope = float(random.lognormal(0.1, 0.2))
    shared = {
        "content": "ab"[i % 2],
        "seconds": 30.0 + 10.0 * (i % 4),
        "words": 20 + 7 * (i % 5),
        "tags": frozenset({f"level={i % 3}"}),
        "enemies": frozenset({f"{dimension}{i - 1:03}"}) if i % 9 == 8 else frozenset(),
        "stimulus": f"s{i // 4}" if 12 <= i < 24 else "",
    }
    match i % 5:
        case 0:
            return Item(name, dimension, "Rasch", 1.0, (b,), **shared)
        case 1:
            return Item(name, dimension, "3PL", slope, (b,), 0.2, **shared)
        case 2:
            return Item(name, dimension, "GRM", slope, (b - 1.0, b, b + 1.0), **shared)
        case 3:
            return Item(name, dimension, "PCM", 1.0, (b, b + 0.5), **shared)
        case _:
            return Item(
                name, dimension, "NRM", 1.0, (0.3, -0.2), slopes=(slope, 1.5 * slope), **shared
            )


def make_pool() -> ItemPool:
    random = np.random.default_rng(41)
    return ItemPool(item(i, dimension, random) for dimension in "xy" for i in range(40))


POOL = make_pool()
SHADOW = Assembly(
    "shadow",
    (
        ItemCount((("level=0",),), 2, 4),
        Budget("seconds", 0.0, 500.0),
        SetSize(2, 3),
    ),
)
RULES = Rules(
    (
        Section(
            "first",
            "x",
            8,
            10,
            0.0,
            quotas=(Quota("content", "a", 3, 6),),
            stopping=(ConfidenceInterval((0.0,)), MinimumInformation(0.01)),
            assembly=SHADOW,
            pretest=Pretest(2, 2, 8, TRIED),
        ),
        Section(
            "second",
            "y",
            5,
            10,
            0.0,
            quotas=(Quota("content", "a", 2, 8),),
            stopping=(
                BandRisk(0.02, Axis((-0.3, 0.6), (Linear("x"), Linear("y")))),
                PredictedReduction(0.3, 0.01, 0.03),
            ),
        ),
    ),
    randomesque=3,
    eligibility=ItemEligibility(cuts=(0.0,)),
)
EXPOSURES = (
    None,
    Progressive(),
    SympsonHetter({one.id: (0.4,) for one in POOL if one.content == "a"}),
)


def sat(rules: Rules, seed: int, theta: float) -> Log:
    opened = open_with(rules, POOL, seed)
    # as if every third item had been withheld from the upper segment
    held = ((), tuple(one.id for one in POOL.items[::3] if one.id not in TRIED))
    event = Opened(0.0, "t", "p", opened.eligible, withheld=held, pretest=opened.pretest)
    return simulate(rules, POOL, {"x": theta, "y": 0.5 * theta}, seed, opened=event)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 2**62),
    st.floats(-3.0, 3.0),
    st.sampled_from(EXPOSURES),
    st.sampled_from(["EAP", "MAP", "ML", "WLE", "MAP Jeffreys"]),
)
def test_what_always_holds(
    seed: int, theta: float, exposure: Progressive | SympsonHetter | None, method: str
) -> None:
    rules = replace(RULES, exposure=exposure, estimation=Estimation(method))  # type: ignore[arg-type]
    log = sat(rules, seed, theta)
    assert isinstance(log[-1], Finished)
    assert replay(rules, POOL, log, seed).identical
    offers = [event for event in log if isinstance(event, Offered)]
    items = [POOL[offer.item] for offer in offers]
    assert len({one.id for one in items}) == len(items)
    given_ids = {one.id for one in items}
    assert not [one.id for one in items if one.enemies & given_ids]
    scored = [
        one
        for offer, one in zip(offers, items, strict=True)
        if offer.section == "first" and one.id not in TRIED
    ]
    assert sum(one.id in TRIED for one in items) == 2
    assert 8 <= len(scored) <= 10
    assert 3 <= sum(one.content == "a" for one in scored) <= 6
    assert 2 <= sum("level=0" in one.tags for one in scored) <= 4
    assert sum(one.seconds for one in scored) <= 500.0
    used = Counter(one.stimulus for one in scored if one.stimulus)
    assert all(2 <= n <= 3 for n in used.values())
    second = [one for offer, one in zip(offers, items, strict=True) if offer.section == "second"]
    assert sum(one.content == "a" for one in second) >= 2
    results = profile(rules, POOL, log, {"x": (-1.0, 0.0, 1.0, 2.0), "y": (-1.0, 0.0, 1.0, 2.0)})
    assert results.dimensions["x"].n_scored == len(scored)
    assert set(results.dimensions) == {"x", "y"}


def test_the_rules_are_sound() -> None:
    check_rules(RULES, POOL)


@pytest.mark.parametrize("exposure", EXPOSURES)
def test_the_order_of_the_pool_changes_nothing(exposure: Progressive | None) -> None:
    rules = replace(RULES, exposure=exposure)
    turned = ItemPool(reversed(POOL.items))
    log = sat(rules, 7, 0.4)
    assert replay(rules, turned, log, 7).identical
