"""The many-facet Rasch model: lme4, eRm and mirt, a second likelihood, invariance, recovery."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from independent import hessian
from scipy.optimize import brentq, minimize
from scipy.special import expit, logsumexp, softmax
from scipy.stats import chi2

from calibration.errors import ConvergenceError, DataError
from calibration.raters import DisconnectedDesignError, many_facet_rasch
from calibration.raters.fit import facet_fit
from calibration.raters.likelihood import Maximum, Problem

KNOWN = Path(__file__).parents[1] / "known_values"


def verbal_aggression():
    """Columns of the long table: person, item, behaviour, category."""
    head, *rows = csv.reader((KNOWN / "verbal_aggression.csv").read_text().splitlines())
    return [
        list(column)
        for column in zip(
            *(
                (person, name[:-5], name[-5:], int(category))
                for person, row in enumerate(rows)
                for name, category in zip(head, row, strict=True)
            ),
            strict=True,
        )
    ]


def by_name(estimates, field):
    return {one.name: getattr(one, field) for one in estimates}


def test_dichotomous_ratings_agree_with_lme4():
    """Oracle: R lme4 glmer, crossed fixed facets and a normal person intercept."""
    known = json.loads((KNOWN / "verbal_aggression.json").read_text())["glmer"]
    persons, items, raters, categories = verbal_aggression()
    got = many_facet_rasch(persons, items, raters, np.array(categories) > 0)
    assert got.log_likelihood == pytest.approx(known["log_likelihood"], abs=1e-5)
    assert got.sd == pytest.approx(known["sd"], abs=2e-6)
    assert by_name(got.items, "difficulty") == pytest.approx(known["items"], abs=2e-6)
    assert by_name(got.items, "se") == pytest.approx(known["se_items"], abs=1e-5)
    severities = by_name(got.raters, "severity")
    assert sum(severities.values()) == pytest.approx(0, abs=1e-12)
    del severities["Shout"]
    assert severities == pytest.approx(known["raters"], abs=2e-6)
    assert by_name(got.raters, "se") == pytest.approx(known["se_raters"], abs=1e-5)


def test_rating_scale_contrasts_are_near_conditional_estimates_of_erm():
    """Oracle: R eRm LPCM. Conditional and marginal estimates differ, here by under .006."""
    known = json.loads((KNOWN / "verbal_aggression.json").read_text())["LPCM"]
    got = many_facet_rasch(*verbal_aggression())
    severities, difficulties = by_name(got.raters, "severity"), by_name(got.items, "difficulty")
    for name, contrast in known["raters_less_Curse"].items():
        assert severities[name] - severities["Curse"] == pytest.approx(contrast, abs=0.006)
    for name, contrast in known["items_less_S1Do"].items():
        assert difficulties[name] - difficulties["S1Do"] == pytest.approx(contrast, abs=0.006)
    for item in got.items:
        assert -2 * item.thresholds[0] == pytest.approx(known["omega2"], abs=0.006)


def lsat6():
    head, *rows = csv.reader((KNOWN / "lsat6.csv").read_text().splitlines())
    answers = np.array(rows, dtype=int)
    answers = np.repeat(answers[:, :-1], answers[:, -1], axis=0)
    person = np.repeat(np.arange(len(answers)), 5)
    return person, head[:-1] * len(answers), answers.ravel()


def test_one_rater_is_the_rasch_model_of_mirt_and_ltm():
    """Items of LSAT 6 with one slope: difficulties on the scale of slope 1 are a b, the SD is a."""
    known = json.loads((KNOWN / "lsat6.json").read_text())["1PL"]
    person, item, answer = lsat6()
    got = many_facet_rasch(person, item, ["r"] * len(item), answer)
    assert got.log_likelihood == pytest.approx(known["log_likelihood"], abs=6e-4)
    assert got.aic == pytest.approx(known["aic"], abs=1.1e-3)
    assert got.sd == pytest.approx(known["a"], abs=6e-5)
    assert got.se_sd == pytest.approx(known["se_a"], abs=6e-5)
    expected = known["a"] * np.array(known["b"])
    assert [one.difficulty for one in got.items] == pytest.approx(expected, abs=4e-4)
    assert got.raters[0].severity == 0
    assert got.separation is None


def test_mean_squares_at_known_abilities_are_those_of_erm():
    """Oracle: R eRm itemfit, with abilities by maximum likelihood given eRm's difficulties."""
    known = json.loads((KNOWN / "verbal_aggression.json").read_text())["itemfit"]
    b = np.array(known["b"])
    answers = (np.array(verbal_aggression()[3]) > 0).reshape(316, 24).astype(int)
    total = answers.sum(axis=1)
    answers, total = answers[(total > 0) & (total < 24)], total[(total > 0) & (total < 24)]
    ability = {
        score: brentq(lambda theta, s=score: expit(theta - b).sum() - s, -9, 9)
        for score in range(1, 24)
    }
    nodes = np.array(list(ability.values()))
    problem = Problem(
        n_persons=len(answers),
        person=np.repeat(np.arange(len(answers)), 24),
        cell=np.tile(np.arange(24), len(answers)),
        category=answers.ravel(),
        design=np.stack([np.zeros((24, 24)), -np.eye(24)], axis=1),
        possible=np.ones((24, 2), dtype=bool),
    )
    maximum = Maximum(
        parameters=np.append(b, 1.0),
        log_likelihood=0.0,
        information=np.eye(25),
        person_scores=np.zeros((len(answers), 25)),
        posterior=(total[:, None] == np.arange(1, 24)).astype(float),
        nodes=nodes,
        iterations=0,
    )
    got = facet_fit(problem, maximum, problem.cell)
    assert [one.infit for one in got] == pytest.approx(known["infit"], abs=2e-5)
    assert [one.outfit for one in got] == pytest.approx(known["outfit"], abs=1e-4)


def simulate(rng, n_persons, difficulty, severity, thresholds, raters_each, sd=1.2):
    """Each person is rated by ``raters_each`` raters on all items; thresholds one row an item."""
    ability = sd * rng.standard_normal(n_persons)
    rater = np.argsort(rng.random((n_persons, len(severity))), axis=1)[:, :raters_each]
    where = ability[:, None] - severity[rater]
    columns = []
    for item, steps in enumerate(thresholds):
        kernel = np.arange(len(steps) + 1) * (where - difficulty[item])[:, :, None]
        kernel -= np.append(0, np.cumsum(steps))
        passed = np.cumsum(softmax(kernel, axis=2), axis=2)[:, :, :-1]
        category = (rng.random(where.shape)[:, :, None] > passed).sum(axis=2)
        person = np.broadcast_to(np.arange(n_persons)[:, None], where.shape)
        columns.append([person, np.full(where.shape, item), rater, category])
    return [np.stack(column, axis=2).ravel() for column in zip(*columns, strict=True)]


SEVERITY = np.array([-0.9, -0.3, 0.2, 1.0])
DIFFICULTY = np.array([-0.5, 0.1, 0.4])
COMMON = [np.array([-1.0, 0.2, 0.8])] * 3
OWN = [np.array([-1.0, 1.0]), np.array([-0.3, 0.0, 0.3]), np.array([0.0])]


def plain_log_likelihood(table, difficulty, severity, thresholds, ability, weights):
    """A second evaluation on nodes and weights of one's own, a curve for each item and rater."""
    person, item, rater, category = map(np.asarray, table)
    total = np.zeros((person.max() + 1, len(ability)))
    for i, steps in enumerate(thresholds):
        for r, one in enumerate(severity):
            kernel = np.arange(len(steps) + 1)[:, None] * (ability - difficulty[i] - one)
            kernel = kernel - np.append(0, np.cumsum(steps))[:, None]
            curves = kernel - logsumexp(kernel, axis=0)
            here = (item == i) & (rater == r)
            np.add.at(total, person[here], curves[category[here]])
    return float(logsumexp(total + np.log(weights / weights.sum()), axis=1).sum())


@pytest.mark.parametrize(
    ("model", "thresholds"), [("rating scale", COMMON), ("partial credit", OWN)]
)
def test_a_general_optimiser_finds_the_same_maximum_and_errors(model, thresholds):
    """Oracle: scipy BFGS on an independent likelihood; errors by second differences."""
    table = simulate(np.random.default_rng(11), 60, DIFFICULTY, SEVERITY, thresholds, 2)
    got = many_facet_rasch(*table, thresholds=model)
    widths = [len(thresholds[0])] if model == "rating scale" else [len(t) for t in thresholds]

    def unpack(vector):
        difficulty, severity, rest = vector[:3], vector[3:6], vector[6:-1]
        free = np.split(rest, np.cumsum([width - 1 for width in widths])[:-1])
        steps = [np.append(part, -part.sum()) for part in free]
        steps = steps * 3 if len(steps) == 1 else steps
        return difficulty, np.append(severity, -severity.sum()), steps, vector[-1]

    nodes, weights = np.polynomial.hermite_e.hermegauss(61)

    def loss(vector):
        *location, sd = unpack(vector)
        return -plain_log_likelihood(table, *location, sd * nodes, weights)

    ordered = sorted(got.raters, key=lambda one: int(one.name))
    start = np.zeros(7 + sum(width - 1 for width in widths))
    start[-1] = 1.0
    found = minimize(loss, start, method="BFGS", options={"gtol": 1e-3})
    assert got.log_likelihood == pytest.approx(-found.fun, abs=1e-5)
    assert got.n_parameters == len(start)
    difficulty, severity, steps, sd = unpack(found.x)
    assert [one.difficulty for one in got.items] == pytest.approx(difficulty, abs=1e-3)
    assert [one.severity for one in ordered] == pytest.approx(severity, abs=1e-3)
    assert got.sd == pytest.approx(abs(sd), abs=1e-3)
    for item, of_item in zip(got.items, steps, strict=True):
        assert item.thresholds == pytest.approx(of_item, abs=1e-3)
    covariance = np.linalg.inv(hessian(loss, found.x))
    assert [one.se for one in got.items] == pytest.approx(
        np.sqrt(np.diag(covariance))[:3], rel=2e-3
    )
    assert [one.se for one in ordered[:3]] == pytest.approx(
        np.sqrt(np.diag(covariance))[3:6], rel=2e-3
    )
    last = np.sqrt(covariance[3:6, 3:6].sum())
    assert ordered[3].se == pytest.approx(last, rel=2e-3)
    assert got.se_sd == pytest.approx(np.sqrt(covariance[-1, -1]), rel=2e-3)


def test_many_ratings_a_person_refine_the_nodes():
    """200 ratings leave a posterior narrower than the first grid; the likelihood stays right."""
    rng = np.random.default_rng(5)
    difficulty, severity = np.linspace(-2, 2, 20), np.linspace(-1, 1, 10)
    steps = [np.array([-1.5, -0.5, 0.5, 1.5])] * 20
    table = simulate(rng, 40, difficulty, severity, steps, 10, sd=2.0)
    got = many_facet_rasch(*table)
    posterior_sd = np.array([one.se for one in got.persons])
    assert posterior_sd.min() < got.sd * 12 / 60 / 2
    order = np.argsort([int(one.name) for one in got.raters])
    severity = np.array([one.severity for one in got.raters])[order]
    ordered = sorted(got.items, key=lambda one: int(one.name))
    fine = np.linspace(-6, 6, 4001)
    expected = plain_log_likelihood(
        table,
        [one.difficulty for one in ordered],
        severity,
        [one.thresholds for one in ordered],
        got.sd * fine,
        np.exp(-0.5 * fine**2),
    )
    assert got.log_likelihood == pytest.approx(expected, abs=1e-6)


@pytest.fixture(scope="module")
def crossed():
    return simulate(np.random.default_rng(3), 80, DIFFICULTY, SEVERITY, COMMON, 3)


def test_categories_turned_round_turn_every_sign(crossed):
    persons, items, raters, categories = crossed
    one = many_facet_rasch(*crossed)
    other = many_facet_rasch(persons, items, raters, 3 - np.array(categories))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-8)
    for field, facet in (("severity", "raters"), ("difficulty", "items"), ("theta", "persons")):
        before = by_name(getattr(one, facet), field)
        after = by_name(getattr(other, facet), field)
        assert after == pytest.approx({name: -value for name, value in before.items()}, abs=1e-6)
    thresholds = -np.array(one.items[0].thresholds)[::-1]
    assert other.items[0].thresholds == pytest.approx(thresholds, abs=1e-6)
    assert by_name(other.raters, "se") == pytest.approx(by_name(one.raters, "se"), abs=1e-7)
    for before, after in zip(one.raters, other.raters, strict=True):
        assert after.fit.infit == pytest.approx(before.fit.infit, abs=1e-6)
        assert after.fit.outfit_z == pytest.approx(before.fit.outfit_z, abs=1e-5)
        assert after.fair_average == pytest.approx(3 - before.fair_average, abs=1e-6)


def test_items_and_raters_may_change_places(crossed):
    persons, items, raters, categories = crossed
    one = many_facet_rasch(*crossed)
    other = many_facet_rasch(persons, raters, items, categories)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-8)
    mean = np.mean([item.difficulty for item in one.items])
    centred = {item.name: item.difficulty - mean for item in one.items}
    assert by_name(other.raters, "severity") == pytest.approx(centred, abs=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_neither_order_of_rows_nor_labels_matter(crossed, seed):
    order = np.random.default_rng(seed).permutation(len(crossed[0]))
    shuffled = [np.array(column)[order] for column in crossed]
    shuffled[2] = [f"rater {name}" for name in shuffled[2]]
    shuffled[3] = shuffled[3] + 1
    one, other = many_facet_rasch(*crossed), many_facet_rasch(*shuffled, lowest_category=1)
    severities = {f"rater {name}": value for name, value in by_name(one.raters, "severity").items()}
    assert by_name(other.raters, "severity") == pytest.approx(severities, abs=1e-7)
    assert other.separation.chi_square == pytest.approx(one.separation.chi_square, rel=1e-6)
    averages = {f"rater {one.name}": one.observed_average + 1 for one in one.raters}
    assert by_name(other.raters, "observed_average") == pytest.approx(averages)
    averages = {f"rater {one.name}": one.fair_average + 1 for one in one.raters}
    assert by_name(other.raters, "fair_average") == pytest.approx(averages)


def test_fair_averages_and_separation_are_what_they_say(crossed):
    got = many_facet_rasch(*crossed)

    def expected(ability):
        averages = []
        for item in got.items:
            kernel = np.exp(np.arange(4) * (ability - item.difficulty))
            kernel *= np.exp(-np.append(0, np.cumsum(item.thresholds)))
            averages.append(kernel @ np.arange(4) / kernel.sum())
        return np.mean(averages)

    for rater in got.raters:
        assert rater.fair_average == pytest.approx(expected(-rater.severity), abs=1e-12)
    for person in got.persons:
        assert person.fair_average == pytest.approx(expected(person.theta), abs=1e-12)
    severity = np.array([one.severity for one in got.raters])
    mean_square_error = np.mean([one.se**2 for one in got.raters])
    true = np.var(severity, ddof=1) - mean_square_error
    assert got.separation.reliability == pytest.approx(true / np.var(severity, ddof=1))
    assert got.separation.separation == pytest.approx(np.sqrt(true / mean_square_error))
    assert got.separation.p == pytest.approx(chi2.sf(got.separation.chi_square, 3))


def test_wald_test_of_two_raters_is_the_squared_deviate_of_one():
    table = simulate(np.random.default_rng(4), 60, DIFFICULTY, SEVERITY[:2], COMMON, 2)
    got = many_facet_rasch(*table)
    first = got.raters[0]
    assert got.separation.df == 1
    assert got.separation.chi_square == pytest.approx((first.severity / first.se) ** 2)


def rows(*groups):
    """Long table from (persons, items, raters) blocks; able persons have the even numbers."""
    table = [
        (person, item, rater)
        for persons, items, raters in groups
        for person in persons
        for item in items
        for rater in raters
    ]
    columns = [list(column) for column in zip(*table, strict=True)]
    able = np.array(columns[0]) % 2 == 0
    draw = np.random.default_rng(1).random(len(table))
    return [*columns, (draw < np.where(able, 0.8, 0.3)).astype(int)]


def test_subsets_of_raters_that_share_no_person_are_refused_by_name():
    table = rows((range(8), "ab", ["ann", "bob"]), (range(8, 16), "ab", ["cy", "dee"]))
    with pytest.raises(DisconnectedDesignError, match=r"2 subsets of raters.*\{ann, bob\}") as info:
        many_facet_rasch(*table)
    assert info.value.subsets == (("ann", "bob"), ("cy", "dee"))


def test_one_person_in_common_connects():
    table = rows(
        (range(20), "ab", ["ann", "bob"]),
        (range(20, 40), "ab", ["cy", "dee"]),
        ([99], "ab", ["bob", "cy"]),
    )
    assert len(many_facet_rasch(*table).raters) == 4


def test_raters_with_items_of_their_own_are_refused_though_persons_are_shared():
    table = rows((range(20), "ab", ["ann"]), (range(20), "cd", ["bob"]))
    with pytest.raises(DisconnectedDesignError) as info:
        many_facet_rasch(*table)
    assert (info.value.facet, info.value.subsets) == ("rater", (("ann",), ("bob",)))


def test_items_that_no_person_connects_are_refused():
    table = rows((range(20), "ab", ["ann"]), (range(20, 40), "cd", ["ann"]))
    with pytest.raises(DisconnectedDesignError, match=r"subsets of items.*\{a, b\}; \{c, d\}"):
        many_facet_rasch(*table)


def changed(table, **columns):
    names = ("persons", "items", "raters", "categories")
    return [columns.get(name, column) for name, column in zip(names, table, strict=True)]


def test_tables_that_cannot_be_read_are_refused(crossed):
    categories = np.array(crossed[3], dtype=float)
    with pytest.raises(DataError, match="240 persons"):
        many_facet_rasch(*changed(crossed, persons=crossed[0][:240]))
    half = categories.copy()
    half[4] = 1.5
    with pytest.raises(DataError, match=r"row 5 \(person '0', rater '\d'\) has category 1.5"):
        many_facet_rasch(*changed(crossed, categories=half))
    half[4] = np.nan
    with pytest.raises(DataError, match="row 5"):
        many_facet_rasch(*changed(crossed, categories=half))
    with pytest.raises(DataError, match="whole numbers from 1"):
        many_facet_rasch(*crossed, lowest_category=1)
    twice = [[*column, column[0]] for column in crossed]
    with pytest.raises(DataError, match="rated person '0' on item '0' more than once"):
        many_facet_rasch(*twice)


def test_what_has_no_finite_estimate_is_refused_by_name(crossed):
    categories, raters = np.array(crossed[3]), np.array(crossed[2])
    with pytest.raises(DataError, match=r"category 2 \(counted from 0\)"):
        many_facet_rasch(*changed(crossed, categories=np.where(categories == 2, 1, categories)))
    with pytest.raises(DataError, match="rater '2' has highest categories only"):
        many_facet_rasch(*changed(crossed, categories=np.where(raters == 2, 3, categories)))
    items = np.array(crossed[1])
    with pytest.raises(DataError, match="item '1' has lowest categories only"):
        many_facet_rasch(*changed(crossed, categories=np.where(items == 1, 0, categories)))
    with pytest.raises(DataError, match=r"item '1': nobody was rated in category 1"):
        many_facet_rasch(
            *changed(crossed, categories=np.where((items == 1) & (categories == 1), 0, categories)),
            thresholds="partial credit",
        )
    with pytest.raises(DataError, match=r"item '1': only the lowest category"):
        many_facet_rasch(
            *changed(crossed, categories=np.where(items == 1, 0, categories)),
            thresholds="partial credit",
        )


def test_ratings_that_do_not_tell_persons_apart_are_refused():
    """Each person has as many of each category: less spread than chance gives."""
    table = [(p, i, r, (p + i + r) % 2) for p in range(30) for i in range(2) for r in range(2)]
    with pytest.raises((DataError, ConvergenceError), match="tell persons apart"):
        many_facet_rasch(*zip(*table, strict=True))


def test_too_few_iterations_say_so(crossed):
    with pytest.raises(ConvergenceError, match="no maximum after 1 iterations") as info:
        many_facet_rasch(*crossed, max_iterations=1)
    assert info.value.iterations == 1


def test_a_rater_who_rates_at_random_stands_out():
    rng = np.random.default_rng(8)
    table = simulate(rng, 150, DIFFICULTY, SEVERITY, COMMON, 4)
    noise = rng.integers(0, 4, len(table[0]))
    categories = np.where(np.array(table[2]) == 1, noise, table[3])
    got = {one.name: one.fit for one in many_facet_rasch(*table[:3], categories).raters}
    assert got["1"].infit > 1.3
    assert got["1"].infit_z > 4
    assert got["1"].outfit_z > 4
    assert all(got[name].infit < 1 for name in "023")


def test_few_persons_give_no_z_but_a_reason():
    table = simulate(np.random.default_rng(2), 19, DIFFICULTY, SEVERITY, COMMON, 4)
    fit = many_facet_rasch(*table).raters[0].fit
    assert (fit.infit_z, fit.outfit_z) == (None, None)
    assert fit.reason == "z needs 20 persons rated; there are 19"
    assert fit.infit > 0


def test_fewer_persons_than_parameters_give_no_z_but_a_reason():
    difficulty, steps = np.linspace(-1, 1, 20), [np.array([0.0])] * 20
    table = simulate(np.random.default_rng(2), 22, difficulty, SEVERITY, steps, 4)
    fit = many_facet_rasch(*table).raters[0].fit
    assert (fit.infit_z, fit.outfit_z) == (None, None)
    assert fit.reason == "z needs more persons than the 24 parameters; there are 22"


def test_severities_are_recovered_and_fit_deviates_are_standard_normal():
    """60 replications, 8 raters, 2 raters a person: 480 intervals, correlated within replication.

    Bounds are four standard errors wide for independent draws.
    """
    rng = np.random.default_rng(20)
    severity = np.array([-1.0, -0.6, -0.2, 0.0, 0.1, 0.3, 0.5, 0.9])
    difficulty = np.array([-0.7, -0.2, 0.3, 0.6])
    steps = [np.array([-1.2, -0.2, 0.3, 1.1])] * 4
    covered, deviates, squares, sds = [], [], [], []
    for _ in range(60):
        got = many_facet_rasch(*simulate(rng, 200, difficulty, severity, steps, 2))
        for one in got.raters:
            covered.append(abs(one.severity - severity[int(one.name)]) < 1.96 * one.se)
            deviates.append((one.fit.infit_z, one.fit.outfit_z))
            squares.append((one.fit.infit, one.fit.outfit))
        sds.append((got.sd - 1.2) / got.se_sd)
    assert 0.91 < np.mean(covered) < 0.99
    assert np.abs(np.mean(squares, axis=0) - 1).max() < 0.03
    assert np.abs(np.mean(deviates, axis=0)).max() < 0.25
    assert np.abs(np.std(deviates, axis=0) - 1).max() < 0.15
    assert np.abs(np.mean(np.abs(deviates) > 1.96, axis=0) - 0.05).max() < 0.04
    assert abs(np.mean(sds)) < 0.52
