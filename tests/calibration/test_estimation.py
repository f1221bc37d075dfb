"""Models beyond the usual, priors, densities, and the sandwich."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent import LOG_WEIGHTS, NODES, log_curves, log_likelihood
from scipy.special import expit, logsumexp
from simulated import draw, two_pl

from calibration import CalibrationError, calibrate
from calibration.estimate.latent import with_moments
from calibration.estimate.priors import Beta, LogNormal, Normal
from calibration.parameters import ItemParameters


def four_pl(seed=1, n_persons=4000):
    rng = np.random.default_rng(seed)
    items = [
        ItemParameters(f"i{k}", "4PL", (float(rng.uniform(1, 2)),), (b,), 0.15, 0.92)
        for k, b in enumerate(np.linspace(-1.5, 1.5, 15).tolist())
    ]
    return items, draw(items, rng.normal(size=n_persons), rng)


def nominal(seed=2, n_persons=4000):
    rng = np.random.default_rng(seed)
    items = [
        ItemParameters(
            f"n{k}", "NRM", tuple(rng.uniform(0.3, 2.5, 3)), tuple(rng.normal(0, 0.5, 3))
        )
        for k in range(8)
    ]
    return items, draw(items, rng.normal(size=n_persons), rng)


def plain(model, item):
    numbers = [*item.a, *item.intercepts]
    if model in ("3PL", "4PL"):
        numbers.append(np.log(item.c / (1 - item.c)))
    if model == "4PL":
        numbers.append(np.log(item.d / (1 - item.d)))
    return model, np.array(numbers)


def no_prior(_items):
    return 0.0


def check_peak(model, got, codes, log_prior=no_prior):
    """No step along any parameter raises the plain objective, and the value is the same."""
    items = [plain(model, item) for item in got.items]

    def objective(changed):
        return log_likelihood(changed, codes) + log_prior(changed)

    top = objective(items)
    assert top - log_prior(items) == pytest.approx(got.log_likelihood, abs=2e-3)
    for place in (0, len(items) // 2):
        for parameter in range(len(items[place][1])):
            for step in (-0.02, 0.02):
                changed = list(items)
                moved = changed[place][1].copy()
                moved[parameter] += step
                changed[place] = (model, moved)
                assert objective(changed) < top


def test_4pl_is_a_posterior_mode_and_near_the_truth():
    items, codes = four_pl()
    got = calibrate(codes, "4PL")
    assert got.converged

    def log_prior(changed):
        out = 0.0
        for _, (a, _, guess, slip) in changed:
            out -= 0.5 * (np.log(a) / 0.5) ** 2
            out -= 0.5 * ((guess - np.log(0.25)) / 0.5) ** 2
            out -= 0.5 * ((slip - np.log(19)) / 0.5) ** 2
        return out

    check_peak("4PL", got, codes[:, :], log_prior)
    for true, found, errors in zip(items, got.items, got.standard_errors, strict=True):
        assert abs(found.b[0] - true.b[0]) < 4.5 * errors.b[0]
        assert abs(found.d - true.d) < 0.12


def test_nrm_is_the_maximum_and_near_the_truth():
    items, codes = nominal()
    got = calibrate(codes, "NRM")
    check_peak("NRM", got, codes)
    distances = [
        (np.array(found.a + found.b) - (true.a + true.b)) / (errors.a + errors.b)
        for true, found, errors in zip(items, got.items, got.standard_errors, strict=True)
    ]
    assert np.abs(distances).max() < 4
    assert np.mean(np.square(distances)) == pytest.approx(1, abs=0.6)


def test_nrm_of_partial_credit_data_has_slopes_in_steps():
    rng = np.random.default_rng(3)
    items = [ItemParameters(f"p{k}", "GPCM", (1.1,), (-0.5, 0.4)) for k in range(10)]
    codes = draw(items, rng.normal(size=5000), rng)
    free, bound = calibrate(codes, "NRM"), calibrate(codes, "GPCM")
    assert 0 < free.log_likelihood - bound.log_likelihood < 15  # half a chi-square of 10 df
    ratios = [item.a[1] / item.a[0] for item in free.items]
    assert np.mean(ratios) == pytest.approx(2, abs=0.15)


PRIORS = [
    ("2PL", {"a": LogNormal(0.0, 0.2), "b": Normal(0.0, 0.5)}),
    ("2PL", {"a": Normal(1.0, 0.1)}),
    ("3PL", {"a": LogNormal(0.0, 0.5), "c": Beta(5.0, 17.0)}),
    ("GRM", {"b": Normal(0.0, 1.0)}),
]


@pytest.mark.parametrize(("model", "priors"), PRIORS)
def test_priors_make_the_mode_of_a_plain_posterior(model, priors):
    rng = np.random.default_rng(4)
    codes = draw(two_pl(rng, 8), rng.normal(size=250), rng)
    if model == "GRM":
        items = [ItemParameters(f"g{k}", "GRM", (1.2,), (-1.0, 0.0, 1.0)) for k in range(6)]
        codes = draw(items, rng.normal(size=300), rng)

    def log_prior(changed):
        out = 0.0
        for _, numbers in changed:
            a = numbers[0]
            out += (
                {
                    LogNormal: lambda p, a=a: -0.5 * ((np.log(a) - p.mean) / p.sd) ** 2,
                    Normal: lambda p, a=a: -0.5 * ((a - p.mean) / p.sd) ** 2,
                }[type(priors["a"])](priors["a"])
                if "a" in priors
                else 0.0
            )
            if "b" in priors:
                b = -numbers[1:4] / a
                out -= 0.5 * np.sum(((b - priors["b"].mean) / priors["b"].sd) ** 2)
            if "c" in priors:
                c = expit(numbers[2])
                out += (priors["c"].alpha - 1) * np.log(c) + (priors["c"].beta - 1) * np.log1p(-c)
        return out

    got = calibrate(codes, model, priors=priors)
    assert got.converged
    assert "priors" in got.provenance
    check_peak(model, got, codes, log_prior)


def test_a_tight_prior_of_b_pulls_and_its_error_shrinks():
    rng = np.random.default_rng(5)
    codes = draw(two_pl(rng, 10), rng.normal(size=300), rng)
    free, pulled = calibrate(codes), calibrate(codes, priors={"b": Normal(0.0, 0.2)})
    assert np.abs(np.ravel(pulled.b)).max() < np.abs(np.ravel(free.b)).max()
    assert np.all(np.ravel(pulled.se_b) < np.ravel(free.se_b))


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ({"e": Normal(0, 1)}, "no prior for 'e'"),
        ({"a": Beta(2, 2)}, "a prior for a is Normal or LogNormal"),
        ({"b": Normal(0, 0)}, "needs positive numbers"),
    ],
)
def test_bad_priors_are_refused(priors, message):
    with pytest.raises(CalibrationError, match=message):
        calibrate(np.array([[0.0, 1.0], [1.0, 0.0]]), priors=priors)


def test_sandwich_is_made_of_the_persons_scores():
    """Against scores by finite differences of each person's plain log-likelihood."""
    rng = np.random.default_rng(6)
    codes = draw(two_pl(rng, 5), rng.normal(size=400), rng)
    got = calibrate(codes, standard_errors="sandwich", tolerance=1e-8)
    usual = calibrate(codes, tolerance=1e-8)
    at = np.concatenate([[item.a[0], item.intercepts[0]] for item in got.items])

    def by_person(vector):
        total = np.tile(LOG_WEIGHTS, (len(codes), 1))
        for item, column in enumerate(codes.T):
            total += log_curves("2PL", vector[2 * item : 2 * item + 2], NODES)[column.astype(int)]
        return logsumexp(total, axis=1)

    step = 1e-4
    scores = np.stack(
        [(by_person(at + step * e) - by_person(at - step * e)) / (2 * step) for e in np.eye(10)]
    )
    bent = np.stack(
        [
            np.sum(
                [
                    s * t * by_person(at + 1e-3 * (s * e + t * f)).sum()
                    for s in (1, -1)
                    for t in (1, -1)
                ]
            )
            for e in np.eye(10)
            for f in np.eye(10)
        ]
    ).reshape(10, 10) / (4e-6)
    inverse = np.linalg.inv(-bent)
    expected = np.sqrt(np.diagonal(inverse @ (scores @ scores.T) @ inverse))[::2]
    assert got.se_a == pytest.approx(expected, rel=2e-3)
    assert got.a == pytest.approx(usual.a, abs=1e-9)
    assert np.abs(np.array(got.se_a) / usual.se_a - 1).max() < 0.2


def test_histogram_follows_a_skewed_ability():
    rng = np.random.default_rng(7)
    ability = (rng.chisquare(3, 6000) - 3) / np.sqrt(6)
    items = two_pl(rng, 25)
    codes = draw(items, ability, rng)
    normal, free = calibrate(codes), calibrate(codes, density="histogram")
    assert free.converged
    assert free.log_likelihood > normal.log_likelihood + 50
    group = free.groups[0]
    assert (group.mean, group.sd) == pytest.approx((0, 1), abs=1e-9)
    nodes, weights = group.quadrature.nodes, group.quadrature.weights
    skew = float(weights @ nodes**3)
    assert skew == pytest.approx(np.sqrt(8 / 3), abs=0.4)
    true = np.array([item.b[0] for item in items])
    error_normal = np.sqrt(np.mean((np.ravel(normal.b) - true) ** 2))
    error_free = np.sqrt(np.mean((np.ravel(free.b) - true) ** 2))
    assert error_free < error_normal


@given(st.lists(st.floats(0.01, 10), min_size=15, max_size=15), st.floats(-0.5, 0.5))
def test_moments_are_held_and_nothing_else_is_likelier(mass, tilt):
    nodes = np.linspace(-3, 3, 15)
    mass = np.array(mass)
    got = with_moments(mass, nodes, 0.0, 1.0)
    assert got.sum() == pytest.approx(1, abs=1e-12)
    assert (got >= 0).all()
    assert got @ nodes == pytest.approx(0, abs=1e-8)
    assert got @ nodes**2 == pytest.approx(1, abs=1e-8)
    # a step that keeps all three conditions
    direction = np.sin(np.arange(15) * 2.0)
    basis = np.linalg.qr(np.stack([np.ones(15), nodes, nodes**2]).T)[0]
    direction -= basis @ (basis.T @ direction)
    moved = got + tilt * 1e-3 * got.min() * direction
    assert mass @ np.log(moved) <= mass @ np.log(got) + 1e-12 * mass.sum()
