"""Classification: irtQ's numbers, enumeration of all answers, numerical integration, limits."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent import log_curves
from scipy.integrate import dblquad, quad
from scipy.stats import norm

from calibration import normal_grid
from calibration.accuracy import ClassificationError, lee, rudner
from calibration.fit import summed_score_distribution
from calibration.parameters import ItemParameters

KNOWN = Path(__file__).parents[1] / "known_values"
ITEMS = (
    ItemParameters("one", "2PL", (1.2,), (-0.4,)),
    ItemParameters("two", "3PL", (0.9,), (0.3,), c=0.2),
    ItemParameters("three", "GRM", (1.5,), (-0.8, 0.5)),
    ItemParameters("four", "GPCM", (0.7,), (-0.2, 0.4, 0.1)),
)
CUTS = (-0.6, 0.5)


def curves(item, theta):
    """Category probabilities without code of the package, (n_categories, n_theta)."""
    numbers = [item.a[0], *(-item.a[0] * b for b in item.b)]
    if item.model == "3PL":
        numbers.append(np.log(item.c / (1 - item.c)))
    model = {"2PL": "GRM"}.get(item.model, item.model)
    return np.exp(log_curves(model, np.array(numbers), np.atleast_1d(theta)))


def enumerated(theta):
    """Probability of each summed score by going through every possible record."""
    tables = [curves(item, theta) for item in ITEMS]
    out = np.zeros((sum(len(table) - 1 for table in tables) + 1, len(np.atleast_1d(theta))))
    for record in product(*(range(len(table)) for table in tables)):
        out[sum(record)] += np.prod([t[k] for t, k in zip(tables, record, strict=True)], axis=0)
    return out


def test_rudner_agrees_with_irtq():
    printed = json.loads((KNOWN / "irtq_rudner.json").read_text(encoding="utf-8"))
    theta, cuts = np.array(printed["theta"]), printed["cuts"]
    from_first = (cuts[0] - theta) / norm.ppf(np.where(theta < -0.6, printed["lowest"], 0.1))
    from_last = (theta - cuts[1]) / norm.ppf(np.where(theta < -0.6, 0.1, printed["highest"]))
    se = np.where(theta < -0.6, from_first, from_last)
    got = rudner(theta, se, cuts, weights=norm.pdf(theta))
    np.testing.assert_allclose(got.cells, printed["confusion"], atol=2e-7)
    assert got.accuracy == pytest.approx(printed["accuracy"], abs=2e-7)
    assert got.consistency == pytest.approx(printed["consistency"], abs=2e-7)
    for at, one in enumerate(theta):
        alone = rudner([one], [se[at]], cuts)
        assert alone.accuracy == pytest.approx(printed["accuracy_at_theta"][at], abs=3e-7)
        assert alone.consistency == pytest.approx(printed["consistency_at_theta"][at], abs=3e-7)


def test_rudner_over_a_distribution_is_a_double_integral():
    """Ability N(0, 1), estimate with error .5: both shares of agreement, integrated by scipy."""
    grid = normal_grid(4001, -7, 7)
    got = rudner(grid.nodes, np.full(4001, 0.5), [0.3], weights=grid.weights)

    def both(estimate, ability):
        return norm.pdf(ability) * norm.pdf(estimate, ability, 0.5)

    below = dblquad(both, -8, 0.3, lambda _: -12, lambda _: 0.3, epsabs=1e-6)[0]
    above = dblquad(both, 0.3, 8, lambda _: 0.3, lambda _: 12, epsabs=1e-6)[0]
    assert got.accuracy == pytest.approx(below + above, abs=1e-4)
    twice = quad(lambda a: norm.pdf(a) * (norm.cdf((0.3 - a) / 0.5) ** 2), -8, 8)[0]
    again = quad(lambda a: norm.pdf(a) * (norm.sf((0.3 - a) / 0.5) ** 2), -8, 8)[0]
    assert got.consistency == pytest.approx(twice + again, abs=1e-6)


def test_summed_scores_are_those_of_all_records():
    theta = np.array([-2.0, -0.3, 0.9, 3.0])
    got = summed_score_distribution(ITEMS, theta)
    np.testing.assert_allclose(got, enumerated(theta), atol=1e-14)


def test_lee_agrees_with_enumeration():
    """Expected scores at the cuts, by hand, are 2.55 and 4.56: 3 and 5 are needed."""
    theta, weights = np.array([-1.5, -0.6, 0.1, 0.7]), np.array([0.1, 0.3, 0.4, 0.2])
    true = sum(np.arange(len(t)) @ t for t in (curves(item, np.array(CUTS)) for item in ITEMS))
    score_cuts = [int(np.ceil(one)) for one in true]
    by_score = enumerated(theta)
    assert score_cuts == [3, 5]
    level = np.searchsorted(score_cuts, np.arange(len(by_score)), side="right")
    assigned = np.stack([by_score[level == k].sum(axis=0) for k in range(3)])
    belongs = [0, 1, 1, 2]
    got = lee(ITEMS, theta, CUTS, weights=weights)
    assert [one.score_cut for one in got.by_cut] == score_cuts
    assert got.accuracy == pytest.approx(weights @ assigned[belongs, range(4)], abs=1e-12)
    assert got.consistency == pytest.approx(weights @ (assigned**2).sum(axis=0), abs=1e-12)
    expected = np.zeros((3, 3))
    for person, row in enumerate(belongs):
        expected[row] += weights[person] * assigned[:, person]
    np.testing.assert_allclose(got.cells, expected, atol=1e-12)
    np.testing.assert_allclose(got.twice, (assigned * weights) @ assigned.T, atol=1e-12)
    share, right = weights[1] + weights[2], expected[1, 1]
    assert got.by_category[1].share == pytest.approx(share)
    assert got.by_category[1].accuracy == pytest.approx(right / share)
    put = assigned @ weights
    assert got.by_category[2].consistency == pytest.approx(
        weights @ assigned[2] ** 2 / put[2], abs=1e-12
    )
    chance = put @ put
    assert got.kappa == pytest.approx((got.consistency - chance) / (1 - chance), abs=1e-12)


def test_one_cut_of_several_is_that_cut_alone():
    theta = np.linspace(-2, 2, 9)
    both, alone = lee(ITEMS, theta, CUTS), lee(ITEMS, theta, CUTS[1:])
    for name in ("accuracy", "consistency", "false_positive", "false_negative"):
        assert getattr(both.by_cut[1], name) == pytest.approx(getattr(alone.by_cut[0], name))
    assert alone.by_cut[0].accuracy == pytest.approx(alone.accuracy)


def test_score_cuts_of_the_caller_count():
    got = lee(ITEMS, [0.0], [0.0], score_cuts=[7])
    assert got.accuracy == pytest.approx(enumerated(0.0)[7, 0])


def test_a_longer_test_classifies_better():
    grid = normal_grid(801)
    short = lee(ITEMS, grid.nodes, CUTS, weights=grid.weights)
    long = lee(ITEMS * 5, grid.nodes, CUTS, weights=grid.weights)
    assert short.accuracy < long.accuracy
    assert short.consistency < long.consistency


def test_both_methods_agree_for_a_long_test():
    """Rasch items alike: the summed score is sufficient, and its error is nearly normal."""
    items = [ItemParameters(f"i{k}", "Rasch", (1.0,), (0.0,)) for k in range(400)]
    grid = normal_grid(801, -3, 3)
    share = 1 / (1 + np.exp(-grid.nodes))
    se = 1 / np.sqrt(400 * share * (1 - share))
    by_sum = lee(items, grid.nodes, [-0.5, 0.5], weights=grid.weights)
    by_normal = rudner(grid.nodes, se, [-0.5, 0.5], weights=grid.weights)
    np.testing.assert_allclose(by_sum.cells, by_normal.cells, atol=0.006)


@given(
    st.lists(st.tuples(st.floats(-4, 4), st.floats(0.05, 2)), min_size=1, max_size=20),
    st.lists(st.floats(-3, 3), min_size=1, max_size=4, unique=True),
)
def test_shares_add_up(persons, cuts):
    theta, se = np.array(persons).T
    cuts = np.sort(cuts) + 0.01 * np.arange(len(cuts))
    got = rudner(theta, se, cuts)
    assert got.cells.sum() == pytest.approx(1)
    assert got.twice.sum() == pytest.approx(1)
    np.testing.assert_allclose(got.twice, got.twice.T, atol=1e-15)
    assert (got.cells >= 0).all()
    assert got.accuracy <= min(one.accuracy for one in got.by_cut) + 1e-12
    for one in got.by_cut:
        assert one.accuracy + one.false_positive + one.false_negative == pytest.approx(1)


def test_without_error_everybody_is_where_he_belongs():
    got = rudner([-1.0, 0.2, 0.5, 2.0], np.full(4, 1e-9), [0.0, 1.0])
    assert got.accuracy == pytest.approx(1)
    assert got.consistency == pytest.approx(1)
    assert got.kappa == pytest.approx(1)


def test_who_stands_on_a_cut_belongs_above_it():
    got = rudner([0.0], [1.0], [0.0])
    np.testing.assert_allclose(got.cells, [[0, 0], [0.5, 0.5]])
    assert got.by_category[0].accuracy is None
    assert got.notes == ("nobody belongs to category 0",)


def test_kappa_of_one_category_is_not_a_number():
    got = lee(ITEMS, [0.0], [0.0], score_cuts=[0])
    assert got.kappa is None
    assert "nobody can be put into category 0" in got.notes


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rudner([0.0], [1.0], [1.0, 0.5]), "ascend strictly"),
        (lambda: rudner([0.0], [1.0], []), "one or more"),
        (lambda: rudner([0.0, 1.0], [1.0, 0.0], [0.5]), "standard error 2 is 0"),
        (lambda: rudner([0.0, 1.0], [1.0], [0.5]), "needs a standard error"),
        (lambda: rudner([np.nan], [1.0], [0.5]), "without an estimate"),
        (lambda: rudner([0.0], [1.0], [0.5], weights=[0.0]), "every weight is 0"),
        (lambda: lee([], [0.0], [0.5]), "no item"),
        (lambda: lee(ITEMS, [0.0], CUTS, score_cuts=[3]), "one a cut"),
        (lambda: lee(ITEMS, [0.0], CUTS, score_cuts=[3, 2]), "not descending"),
        (
            lambda: lee([ItemParameters("i", "2PL", (-1.0,), (0.0,))], [0.0], CUTS),
            "do not rise",
        ),
    ],
)
def test_what_makes_no_classification_is_refused(call, message):
    with pytest.raises(ClassificationError, match=message):
        call()
