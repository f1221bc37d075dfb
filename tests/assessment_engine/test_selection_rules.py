"""Selection rules: what each is by definition, and what it refuses."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, optimize, stats
from selection_cases import ANY_MODEL, DICHOTOMOUS, MIXED, best, items_of, view_of

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
    values_of,
)
from assessment_engine.selection.difficulty import blocked_strata


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
