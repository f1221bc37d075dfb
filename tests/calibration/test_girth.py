"""GIRTH as a second opinion on complete data; it has other quadrature and stopping rules."""

import warnings

import numpy as np
from simulated import dichotomous, graded, parameters

from calibration import calibrate

# GIRTH takes 41 Gauss-Legendre points and fixes difficulty from the shares at each slope.
TOLERANCE = 0.03


def girth(name, codes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import girth

        return getattr(girth, name)(codes.T.astype(int))


def test_2pl_agrees_with_girth():
    rng = np.random.default_rng(21)
    codes = dichotomous(rng, *parameters(rng, 20), 2000)
    theirs, ours = girth("twopl_mml", codes), calibrate(codes)
    np.testing.assert_allclose(ours.a, theirs["Discrimination"], atol=TOLERANCE)
    np.testing.assert_allclose(np.ravel(ours.b), theirs["Difficulty"], atol=TOLERANCE)


def test_grm_agrees_with_girth():
    rng = np.random.default_rng(22)
    b = np.sort(rng.standard_normal((12, 3)) + np.array([-1, 0, 1]), axis=1)
    codes = graded(rng, rng.lognormal(0.1, 0.25, 12), b, 2000)
    theirs, ours = girth("grm_mml", codes + 1), calibrate(codes, "GRM")
    np.testing.assert_allclose(ours.a, theirs["Discrimination"], atol=TOLERANCE)
    np.testing.assert_allclose(ours.b, theirs["Difficulty"], atol=2 * TOLERANCE)
