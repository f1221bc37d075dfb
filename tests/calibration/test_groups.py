"""Several groups on one scale."""

import numpy as np
import pytest
from independent import log_curves
from scipy.optimize import approx_fprime
from scipy.special import logsumexp
from simulated import draw, two_pl

from calibration import DataError, calibrate

NODES = np.linspace(-9, 9, 181)


def two_groups(seed=5, n_persons=800):
    rng = np.random.default_rng(seed)
    items = two_pl(rng, 8)
    labels = np.repeat(["kota", "kabupaten"], n_persons)
    ability = np.concatenate([rng.normal(0, 1, n_persons), rng.normal(0.6, 1.3, n_persons)])
    codes = draw(items, ability, rng)
    codes[rng.random(codes.shape) < 0.2] = np.nan
    return codes, labels


def plain_log_likelihood(vector, codes, labels):
    """Slopes, intercepts, then mean and log SD of the second group: no code of the package."""
    n_items = codes.shape[1]
    slopes, intercepts = vector[:n_items], vector[n_items : 2 * n_items]
    total = 0.0
    for name, mean, sd in (("kota", 0.0, 1.0), ("kabupaten", vector[-2], np.exp(vector[-1]))):
        prior = -0.5 * ((NODES - mean) / sd) ** 2
        own = codes[labels == name]
        joint = np.tile(prior - logsumexp(prior), (len(own), 1))
        for item in range(n_items):
            curves = log_curves("2PL", np.array([slopes[item], intercepts[item]]), NODES)
            seen = ~np.isnan(own[:, item])
            joint[seen] += curves[own[seen, item].astype(int)]
        total += logsumexp(joint, axis=1).sum()
    return float(total)


def as_vector(result):
    group = result.groups[1]
    intercepts = [item.intercepts[0] for item in result.items]
    return np.array([*result.a, *intercepts, group.mean, np.log(group.sd)])


def test_the_end_is_a_maximum_of_a_plain_likelihood():
    codes, labels = two_groups()
    got = calibrate(codes, groups=labels, tolerance=1e-8)
    assert [group.name for group in got.groups] == ["kota", "kabupaten"]
    assert (got.groups[0].mean, got.groups[0].sd) == (0.0, 1.0)
    assert (got.groups[0].se_mean, got.groups[0].se_sd) == (0.0, 0.0)
    assert got.n_parameters == 18
    vector = as_vector(got)
    assert plain_log_likelihood(vector, codes, labels) == pytest.approx(
        got.log_likelihood, abs=1e-4
    )
    slope = approx_fprime(vector, plain_log_likelihood, 1e-5, codes, labels)
    assert np.abs(slope).max() < 0.05  # of a likelihood that curves by hundreds


def test_standard_errors_are_the_curvature():
    codes, labels = two_groups(n_persons=300)
    got = calibrate(codes, groups=labels)
    vector = as_vector(got)
    n, step = len(vector), 1e-3
    bent = np.empty((n, n))
    for i in range(n):
        for j in range(i + 1):
            one, other = step * np.eye(n)[i], step * np.eye(n)[j]
            value = [
                plain_log_likelihood(vector + s * one + t * other, codes, labels) * s * t
                for s in (1, -1)
                for t in (1, -1)
            ]
            bent[i, j] = bent[j, i] = sum(value) / (4 * step**2)
    errors = np.sqrt(np.diagonal(np.linalg.inv(-bent)))
    assert got.se_a == pytest.approx(errors[:8], rel=2e-3)
    assert got.groups[1].se_mean == pytest.approx(errors[-2], rel=2e-3)
    assert got.groups[1].se_sd == pytest.approx(errors[-1] * got.groups[1].sd, rel=2e-3)


def test_one_group_is_no_group():
    codes, labels = two_groups()
    alone = calibrate(codes)
    named = calibrate(codes, groups=np.full(len(labels), "kota"))
    assert named.a == alone.a
    assert named.groups[0].name == "kota"


def test_order_of_persons_matters_for_the_reference_only():
    """The other way round the scale is that of the other group; the likelihood is the same."""
    codes, labels = two_groups()
    first = calibrate(codes, groups=labels)
    turned = calibrate(codes[::-1], groups=labels[::-1])
    assert turned.groups[0].name == "kabupaten"
    assert turned.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-4)
    sd = first.groups[1].sd
    np.testing.assert_allclose(np.array(first.a) * sd, turned.a, rtol=1e-3)
    assert turned.groups[1].mean == pytest.approx(-first.groups[1].mean / sd, abs=1e-3)


def test_groups_may_share_few_items():
    codes, labels = two_groups()
    codes[np.ix_(labels == "kota", [6, 7])] = np.nan
    codes[np.ix_(labels == "kabupaten", [0, 1])] = np.nan
    got = calibrate(codes, groups=labels)
    assert got.converged
    assert got.groups[1].mean == pytest.approx(0.6, abs=4 * got.groups[1].se_mean)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", "a", "b"], "groups of shape"),
        (["a", None, "b", "b"], "group of person 2 is missing"),
        ([1.0, np.nan, 2.0, 2.0], "group of person 2 is missing"),
    ],
)
def test_bad_groups_are_refused(labels, message):
    codes = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    with pytest.raises(DataError, match=message):
        calibrate(codes, "Rasch", groups=labels)


def test_groups_without_common_items_are_refused_by_name():
    codes, labels = two_groups()
    codes[np.ix_(labels == "kota", range(4))] = np.nan
    codes[np.ix_(labels == "kabupaten", range(4, 8))] = np.nan
    with pytest.raises(DataError, match=r"group 'kabupaten' has no item in common with 'kota'"):
        calibrate(codes, groups=labels)


@pytest.mark.slow
def test_means_and_sds_are_recovered_with_their_errors():
    """Of 60 intervals of 95 %, fewer than 50 would cover by a chance of 1 in 1,000."""
    covered = 0
    for seed in range(30):
        codes, labels = two_groups(seed, 400)
        group = calibrate(codes, groups=labels).groups[1]
        covered += abs(group.mean - 0.6) < 1.96 * group.se_mean
        covered += abs(group.sd - 1.3) < 1.96 * group.se_sd
    assert covered >= 51
