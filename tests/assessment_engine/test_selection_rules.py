"""Selection rules: independent definitions, then what holds for every rule and every pool."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from assessment_engine import Item, ItemPool, Response, RulesError, category_probabilities
from assessment_engine import information as information_of
from assessment_engine.density import posterior
from assessment_engine.estimators import estimate
from assessment_engine.irt import FloatArray
from assessment_engine.pool import likelihood_of
from assessment_engine.rules import Estimation, Method
from assessment_engine.selection import (
    CRITERIA,
    View,
    about_selection,
    by_values,
    from_zero,
    information_at,
    values_of,
)
from assessment_engine.selection.difficulty import blocked_strata

ANY_MODEL = sorted(name for name, rule in CRITERIA.items() if not rule.dichotomous)
DICHOTOMOUS = sorted(set(CRITERIA) - set(ANY_MODEL))
DRAWING = ("progressive", "proportional", "random", "Thompson")


def items_of(seed: int, n: int, polytomous: bool) -> list[Item]:
    r = np.random.default_rng(seed)
    found = []
    for place in range(n):
        name = f"i{place:02}"
        a, b = float(r.uniform(0.4, 2.5)), float(r.normal(0.0, 1.5))
        made = [
            Item(name, "x", "2PL", a, (b,)),
            Item(name, "x", "3PL", a, (b,), 0.2),
            Item(name, "x", "4PL", a, (b,), 0.15, 0.95),
        ]
        if polytomous:
            steps = tuple(r.normal(size=r.integers(1, 5)).tolist())
            slopes = tuple((r.uniform(0.2, 2.0, len(steps)) * r.choice((-1.0, 1.0))).tolist())
            made.append(Item(name, "x", "GRM", a, tuple(sorted(steps))))
            made.append(Item(name, "x", "GPCM", a, steps))
            made.append(Item(name, "x", "PCM", 1.0, steps))
            made.append(Item(name, "x", "NRM", 1.0, steps, slopes=slopes))
        found.append(made[r.integers(len(made))])
    return found


def view_of(
    pool: ItemPool, responses: tuple[Response, ...] = (), seed: int = 1, n_max: int = 20
) -> View:
    density = posterior(pool, responses)
    items = pool.dimensions["x"]
    given = {response.item for response in responses}
    eligible = np.array([item.id not in given for item in items.items])
    n = len(responses)
    return View(density, items, eligible, density.mean, responses, n, n_max, seed, n + 1)


def answered(pool: ItemPool, ids: list[str], seed: int) -> tuple[Response, ...]:
    r = np.random.default_rng(seed)
    sizes = [pool[name].n_categories for name in ids]
    chosen = [int(r.choice((0, size - 1, int(r.integers(size))))) for size in sizes]
    return tuple(
        Response(name, likelihood_of(size, category))
        for name, size, category in zip(ids, sizes, chosen, strict=True)
    )


def best(rule: str, view: View) -> int:
    return int(by_values(values_of(rule, view), view.eligible)[0])


MIXED = [
    Item("grm", "x", "GRM", 1.4, (-1.0, 0.1, 0.9)),
    Item("nrm", "x", "NRM", 1.0, (0.3, -0.2), slopes=(0.7, 1.9)),
    Item("p3", "x", "3PL", 1.7, (0.4,), 0.2),
]


def test_mutual_information_is_that_of_its_definition() -> None:
    """Oracle: scipy's quadrature of the joint against the product, N(0, 1) prior."""
    view = view_of(ItemPool(MIXED))
    for item, got in zip(view.items.items, values_of("mutual information", view), strict=True):

        def p(theta: float, k: int, item: Item = item) -> float:
            return float(category_probabilities(item, theta)[0, k])

        wanted = 0.0
        for k in range(item.n_categories):
            marginal = integrate.quad(lambda t, k=k: stats.norm.pdf(t) * p(t, k), -6, 6)[0]
            wanted += integrate.quad(
                lambda t, k=k, m=marginal: stats.norm.pdf(t) * p(t, k) * np.log(p(t, k) / m), -6, 6
            )[0]
        assert got == pytest.approx(wanted, abs=2e-7)


def test_expected_variance_is_that_of_its_definition() -> None:
    """Oracle: posterior() after each answer, weighted by the chances at the present ability."""
    pool = ItemPool(MIXED)
    view = view_of(pool, (Response("p3", (0.0, 1.0)),))
    for item, got in zip(view.items.items, values_of("MEPV", view), strict=True):
        chances = category_probabilities(item, view.theta)[0]
        after = [
            posterior(pool, (*view.responses, Response(item.id, likelihood_of(chances.size, k)))).sd
            for k in range(chances.size)
        ]
        assert -got == pytest.approx(float(chances @ np.square(after)), abs=1e-12)


def test_expected_information_is_at_the_posterior_mode() -> None:
    """Oracle: scipy's maximum of prior times likelihood, and numerical second derivatives."""
    pool = ItemPool(MIXED)
    taken = Item("t", "x", "2PL", 1.2, (-0.3,))
    start = view_of(ItemPool([*MIXED, taken]), (Response("t", (1.0, 0.0)),))
    view = replace(start, theta=0.2, estimation=Estimation("MAP"))
    fisher, observed = values_of("MEI Fisher", view), values_of("MEI", view)
    for item in pool:
        place = view.items.local[item.id]
        chances = category_probabilities(item, 0.2)[0]
        expected, seen = 0.0, 0.0
        for k, chance in enumerate(chances):

            def curve(t: float, k: int = k, item: Item = item) -> float:
                return float(np.log(category_probabilities(item, t)[0, k]))

            def loss(t: float, curve: Callable[[float], float] = curve) -> float:
                before = 0.5 * t * t - np.log(category_probabilities(taken, t)[0, 0])
                return float(before) - curve(t)

            mode = optimize.minimize_scalar(loss, bounds=(-5, 5), options={"xatol": 1e-10}).x
            h = 1e-3
            bend = (curve(mode + h) - 2.0 * curve(mode) + curve(mode - h)) / h**2
            expected += chance * information_of(item, mode)[0]
            seen -= chance * bend
        assert fisher[place] == pytest.approx(expected, abs=2e-6)
        assert observed[place] == pytest.approx(seen, abs=1e-5)


def test_a_mode_beyond_the_grid_is_at_its_end() -> None:
    """Six right answers to hard items: whatever comes next, the mode is at the fence."""
    taken = [Item(f"t{n}", "x", "2PL", 2.0, (2.0,)) for n in range(6)]
    pool = ItemPool([*taken, Item("next", "x", "2PL", 1.3, (3.0,))])
    right = tuple(Response(item.id, (0.0, 1.0)) for item in taken)
    narrow = posterior(pool, right, np.linspace(-1.0, 1.0, 21))
    start = view_of(pool, right)
    view = replace(start, posterior=narrow, theta=narrow.mean, estimation=Estimation("MAP"))
    at_fence = information_of(pool["next"], 1.0)[0]
    place = view.items.local["next"]
    assert values_of("MEI Fisher", view)[place] == pytest.approx(at_fence, abs=1e-12)


def test_optimum_is_where_an_item_informs_most() -> None:
    """Oracle: scipy's maximum of the information."""
    pool = ItemPool(items_of(5, 30, polytomous=False))
    view = replace(view_of(pool), theta=0.0)
    for item, value in zip(pool, values_of("thOpt", view), strict=True):
        found = optimize.minimize_scalar(
            lambda t, item=item: -float(information_of(item, t)[0]),
            bounds=(item.b[0] - 3.0, item.b[0] + 3.0),
        )
        assert -value == pytest.approx(abs(found.x), abs=1e-4)


@pytest.mark.parametrize("theta", [-400.0, -60.0, -3.0, 0.0, 0.7, 4.0, 60.0, 400.0])
def test_fast_information_is_the_information(theta: float) -> None:
    for seed, polytomous in ((1, False), (2, True)):
        items = ItemPool(items_of(seed, 40, polytomous)).dimensions["x"]
        plain = items.arrays.information(np.array([theta]))[:, 0]
        assert information_at(items, theta) == pytest.approx(plain, rel=1e-12, abs=1e-300)
    only_2pl = ItemPool(Item(f"{n:02}", "x", "2PL", 0.5 + n / 9, (n / 7,)) for n in range(9))
    items = only_2pl.dimensions["x"]
    plain = items.arrays.information(np.array([theta]))[:, 0]
    assert information_at(items, theta) == pytest.approx(plain, rel=1e-12, abs=1e-300)


@given(st.integers(0, 10**6), st.booleans(), st.integers(0, 5), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_first_place_is_eligible_and_the_pool_may_be_permuted(
    seed: int, polytomous: bool, n_given: int, order: Random
) -> None:
    items = items_of(seed, 12, polytomous)
    pool = ItemPool(items)
    responses = answered(pool, [item.id for item in order.sample(items, n_given)], seed)
    shuffled = list(items)
    order.shuffle(shuffled)
    others = list(responses)
    order.shuffle(others)
    view = view_of(pool, responses, seed)
    again = view_of(ItemPool(shuffled), tuple(others), seed)
    for rule in ANY_MODEL if polytomous else CRITERIA:
        chosen = best(rule, view)
        assert view.eligible[chosen]
        assert best(rule, again) == chosen
        assert np.array_equal(values_of(rule, again), values_of(rule, view))


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_only_signed_rules_have_negative_values(seed: int) -> None:
    pool = ItemPool(items_of(seed, 8, polytomous=False))
    view = view_of(pool, answered(pool, ["i00", "i03"], seed), seed)
    for rule, criterion in CRITERIA.items():
        values = values_of(rule, view)
        assert criterion.signed or values.min() > -1e-12
        shifted = from_zero(values, view.eligible)
        assert shifted[view.eligible].min() == 0.0
        assert np.array_equal(by_values(shifted, view.eligible), by_values(values, view.eligible))


@pytest.mark.parametrize("theta", [-40.0, 40.0])
@pytest.mark.parametrize("rule", CRITERIA)
def test_values_are_finite_at_extremes(rule: str, theta: float) -> None:
    """Extreme abilities, steep and remote items, answers that are all but impossible."""
    items = items_of(3, 10, polytomous=rule in ANY_MODEL)
    steep = [
        Item("s1", "x", "2PL", 30.0, (5.0,)),
        Item("s2", "x", "3PL", 40.0, (-5.5,), 0.1),
        Item("s3", "x", "2PL", 9.0, (-30.0,)),
    ]
    if rule in ANY_MODEL:
        steep.append(Item("s4", "x", "GRM", 20.0, (-5.0, 0.0, 5.0)))
    pool = ItemPool([*items, *steep])
    right, wrong = (0.0, 1.0), (1.0, 0.0)
    view = view_of(pool, (Response("s1", right), Response("s2", wrong), Response("s3", wrong)))
    assert np.isfinite(values_of(rule, replace(view, theta=theta))).all()


@pytest.mark.parametrize("rule", ANY_MODEL)
def test_a_polytomous_item_of_two_categories_is_a_dichotomous_one(rule: str) -> None:
    a, b = 1.3, 0.4
    same = (
        Item("k", "x", "2PL", a, (b,)),
        Item("k", "x", "GRM", a, (b,)),
        Item("k", "x", "GPCM", a, (b,)),
        Item("k", "x", "NRM", 1.0, (-a * b,), slopes=(a,)),
    )
    wide = Item("wide", "x", "GRM", 1.0, (-1.0, 0.0, 1.0))  # so that "k" is padded
    first = Response("wide", (0.0, 0.0, 0.0, 1.0))
    values = [values_of(rule, view_of(ItemPool([item, wide]), (first,))) for item in same]
    for other in values[1:]:
        assert other == pytest.approx(values[0], abs=1e-9)


def test_an_answer_that_tells_nothing_changes_nothing() -> None:
    pool = ItemPool([*MIXED, Item("t", "x", "2PL", 1.2, (-0.3,))])
    without, vague = view_of(pool), view_of(pool, (Response("t", (0.5, 0.5)),))
    for rule in ("MLWI", "KL", "MPWI", "MEPV"):
        assert values_of(rule, vague) == pytest.approx(values_of(rule, without), abs=1e-9)
    sure = view_of(pool, (Response("t", (0.0, 1.0)),))
    assert values_of("MLWI", sure) != pytest.approx(values_of("MLWI", without), abs=1e-3)


@pytest.mark.parametrize("rule", DRAWING)
def test_draws_depend_on_seed_and_position_alone(rule: str) -> None:
    view = view_of(ItemPool(items_of(8, 20, polytomous=False)))
    values = values_of(rule, view)
    assert np.array_equal(values, values_of(rule, view))
    assert not np.array_equal(values, values_of(rule, replace(view, seed=2)))
    assert not np.array_equal(values, values_of(rule, replace(view, position=2)))
    assert not CRITERIA[rule].randomesque


def shares(rule: str, view: View, n: int = 3000) -> FloatArray:
    counts = np.zeros(view.eligible.size)
    for seed in range(n):
        counts[best(rule, replace(view, seed=seed))] += 1.0
    return counts


def test_proportional_draws_by_powers_of_information() -> None:
    """At 5 of 12 items H is 12 (1 + .. + 5) / (1 + .. + 11); chi-square of 3000 draws."""
    pool = ItemPool(
        Item(f"i{n}", "x", "2PL", a, (0.2,)) for n, a in enumerate((1.0, 1.1, 1.2, 1.3, 1.25))
    )
    view = replace(view_of(pool), n_given=5, n_max=12, theta=0.1)
    view.eligible[4] = False
    chances = np.array([information_of(item, 0.1)[0] for item in pool][:4]) ** (12 * 15 / 66)
    counts = shares("proportional", view)
    assert counts[4] == 0.0
    assert stats.chisquare(counts[:4], 3000 * chances / chances.sum()).pvalue > 1e-3
    even = shares("proportional", replace(view, n_given=0))
    assert stats.chisquare(even[:4]).pvalue > 1e-3
    assert stats.chisquare(shares("random", view)[:4]).pvalue > 1e-3


def test_proportional_at_a_standard_error_aims_at_the_information_wanted() -> None:
    """With a target of .5, H is 4 times the share of precision reached, here (.5 / .8)**2."""
    pool = ItemPool(Item(f"i{n}", "x", "2PL", a, (0.2,)) for n, a in enumerate((1.0, 1.3, 1.6)))
    view = replace(view_of(pool), n_given=2, n_max=30, theta=0.1, se=0.8, se_target=0.5)
    chances = np.array([information_of(item, 0.1)[0] for item in pool]) ** (4 * (0.5 / 0.8) ** 2)
    counts = shares("proportional", view)
    assert stats.chisquare(counts, 3000 * chances / chances.sum()).pvalue > 1e-3


def test_thompson_takes_items_as_often_as_they_are_the_best() -> None:
    """Shares against the posterior's mass where each item has most information."""
    pool = ItemPool(Item(f"i{n}", "x", "2PL", 1.5, (b,)) for n, b in enumerate((-1.2, 0.1, 1.0)))
    view = view_of(pool, n_max=20)
    cuts = (-0.55, 0.55)  # midway between difficulties, for items of one slope
    wanted = 3000 * np.array(view.posterior.prob_between(cuts))
    assert stats.chisquare(shares("Thompson", view), wanted).pvalue > 1e-3


@given(st.integers(0, 10**6), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_progressive_ends_with_the_best_and_never_the_worst(seed: int, beyond: int) -> None:
    """catR's weight passes 1 where a test goes on beyond its length; this one does not."""
    pool = ItemPool(items_of(seed, 12, polytomous=True))
    end = replace(view_of(pool, seed=seed), n_given=19 + beyond, n_max=20)
    assert best("progressive", end) == best("MFI", end)
    late = replace(end, n_given=17)  # the weight is .805, so that chance adds .195 of the largest
    chosen = best("progressive", late)
    information = information_at(late.items, late.theta)
    assert information[chosen] >= (1.0 - 37 / 153) * information.max() - 1e-12


def test_a_stratified_goes_through_strata_by_discrimination() -> None:
    """Chang & Ying (1999): 12 items in 4 strata, 3 of each in turn, the nearest b first."""
    slopes = [2.0, 0.4, 1.1, 0.7, 1.6, 0.5, 2.4, 0.9, 1.3, 0.6, 1.9, 0.8]
    pool = ItemPool(
        Item(f"i{n:02}", "x", "2PL", a, ((n * 5 % 12) / 6 - 1.0,)) for n, a in enumerate(slopes)
    )
    ranked = sorted(range(12), key=slopes.__getitem__)
    view = replace(view_of(pool, n_max=12), theta=0.1)
    taken: list[int] = []
    for n in range(12):
        now = replace(view, n_given=n, eligible=~np.isin(np.arange(12), taken))
        taken.append(best("a-stratified", now))
    for stage in range(4):
        group = ranked[3 * stage : 3 * stage + 3]
        nearest = sorted(group, key=lambda i: abs(pool.items[i].b[0] - 0.1))
        assert taken[3 * stage : 3 * stage + 3] == nearest
    # With the second stratum closed, one of a stratum next to it stands in.
    closed = replace(view, n_given=4, eligible=~np.isin(np.arange(12), ranked[3:6]))
    assert best("a-stratified", closed) in ranked[:3] + ranked[6:9]


def test_blocks_give_one_item_of_each_difficulty_to_every_stratum() -> None:
    """Chang, Qian & Ying (2001): 42 items in 4 strata, the last block of 2 spread over them."""
    pool = ItemPool(items_of(11, 42, polytomous=False))
    a = np.array([item.a for item in pool])
    b = np.array([item.b[0] for item in pool])
    stratum = blocked_strata(pool.dimensions["x"], 4)
    assert np.bincount(stratum).tolist() == [11, 10, 11, 10]
    by_difficulty = np.argsort(b)
    for block in np.split(by_difficulty[:40], 10):
        assert stratum[block[np.argsort(a[block])]].tolist() == [0, 1, 2, 3]
    view = replace(view_of(pool), n_given=9, n_max=12)
    assert stratum[best("a-stratified b-blocking", view)] == 3


@pytest.mark.parametrize("method", ["EAP", "MAP", "ML"])
@pytest.mark.parametrize("soft", [False, True])
def test_expected_information_is_at_the_ability_that_the_rules_would_estimate(
    method: Method, soft: bool
) -> None:
    """Oracle: the engine's own estimators, one answer that could come at a time."""
    taken = [Item("t", "x", "2PL", 1.2, (-0.3,)), Item("u", "x", "GRM", 1.5, (-0.5, 0.8))]
    pool = ItemPool([*MIXED, *taken])
    score = (0.1, 0.9, 0.4) if soft else (0.0, 1.0, 0.0)
    start = view_of(pool, (Response("t", (1.0, 0.0)), Response("u", score)))
    view = replace(start, estimation=Estimation(method))
    found = values_of("MEI Fisher", view)
    for place in np.flatnonzero(view.eligible):
        item = pool.items[place]
        wanted = 0.0
        for k, chance in enumerate(category_probabilities(item, view.theta)[0]):
            after = (*view.responses, Response(item.id, likelihood_of(item.n_categories, k)))
            theta = estimate(method, pool, after, posterior(pool, after)).theta
            wanted += chance * information_of(item, theta)[0]
        assert found[place] == pytest.approx(wanted, rel=1e-7)


@pytest.mark.parametrize("prior_mean", [-0.97, 0.97])
def test_modes_by_a_fence_and_beyond_it(prior_mean: float) -> None:
    """Oracle: the engine's own posterior mode on a grid that ends at -1 and 1."""
    grid = np.linspace(-1.0, 1.0, 21)
    pool = ItemPool(Item(f"i{k}", "x", "2PL", 0.2 + 0.4 * k, (0.6 * k - 1.5,)) for k in range(6))
    density = posterior(pool, (), grid, prior_mean, 0.4)
    prior = Estimation("MAP", prior_mean, 0.4, -1.0, 1.0, 21)
    view = replace(view_of(pool), posterior=density, theta=0.2, estimation=prior)
    found, fenced = values_of("MEI Fisher", view), 0
    for place, item in enumerate(pool):
        wanted = 0.0
        for k, chance in enumerate(category_probabilities(item, 0.2)[0]):
            after = (Response(item.id, likelihood_of(2, k)),)
            left = posterior(pool, after, grid, prior_mean, 0.4)
            mode = estimate("MAP", pool, after, left, prior_mean, 0.4)
            fenced += mode.at_fence
            wanted += chance * information_of(item, mode.theta)[0]
        assert found[place] == pytest.approx(wanted, rel=1e-8)
    assert 0 < fenced < 12


@pytest.mark.parametrize("rule", sorted(set(ANY_MODEL) - set(DRAWING)))
def test_a_scale_turned_round_turns_nothing_else(rule: str) -> None:
    """Top categories become bottom ones: a sum that leaves either out would show."""
    items = [item for item in items_of(14, 24, polytomous=True) if item.c == 0.0]
    turned = [
        replace(
            item,
            b=item.b if item.model == "NRM" else tuple(-b for b in reversed(item.b)),
            slopes=tuple(-slope for slope in item.slopes),
        )
        for item in items
    ]
    assert {item.model for item in items} >= {"2PL", "GRM", "GPCM", "NRM"}
    graded = next(item for item in items if item.model == "GRM")
    answers = [(Response(graded.id, likelihood_of(graded.n_categories, len(graded.b))),)]
    answers.append((Response(graded.id, likelihood_of(graded.n_categories, 0)),))
    one, two = (view_of(ItemPool(x), y) for x, y in zip((items, turned), answers, strict=True))
    assert one.theta == pytest.approx(-two.theta)
    assert abs(one.theta) > 0.1
    assert values_of(rule, one) == pytest.approx(values_of(rule, two), rel=1e-8)


def test_rules_refuse_what_they_are_not_for() -> None:
    graded = [Item("g", "x", "GRM", 1.0, (0.0, 1.0)), Item("k", "x", "2PL", 1.1, (0.3,))]
    assert sorted(DICHOTOMOUS) == [
        "GDI",
        "GDIP",
        "a-stratified",
        "a-stratified b-blocking",
        "bOpt",
        "thOpt",
    ]
    for rule in DICHOTOMOUS:
        problems = [problem for holds, problem in about_selection(rule, graded) if not holds]
        assert problems[0].startswith(f"selection='{rule}' is for dichotomous items only, but 'g'")
        with pytest.raises(RulesError, match="for dichotomous items"):
            values_of(rule, view_of(ItemPool(graded)))
    for rule in CRITERIA:
        items = items_of(1, 6, polytomous=rule in ANY_MODEL)
        assert all(holds for holds, _ in about_selection(rule, items))
    alike = [Item("i", "x", "1PL", 1.0, (0.0,)), Item("j", "x", "1PL", 1.0, (1.0,))]
    assert not all(holds for holds, _ in about_selection("a-stratified", alike))
    with pytest.raises(RulesError, match="selection='MFIX' is unknown; expected one of MFI, bOpt"):
        values_of("MFIX", view_of(ItemPool(graded)))


def test_every_rule_names_its_source() -> None:
    assert len(CRITERIA) == 19
    for rule in CRITERIA.values():
        assert "doi:10." in rule.reference or "Lord (1980)" in rule.reference
