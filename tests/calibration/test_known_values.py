"""Against other programs, to the digits that they printed."""

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from independent import log_likelihood, maximise

from calibration import calibrate, normal_grid, read_responses

KNOWN = Path(__file__).parents[1] / "known_values"
FREQUENCY = {"lsat6": "frequency", "lsat7": "frequency", "science": None}


def known(name):
    text = (KNOWN / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text, parse_float=Decimal)


def data(name):
    return read_responses(KNOWN / f"{name}.csv", frequency=FREQUENCY[name])


def assert_prints(got, printed):
    """Equal to half a unit of the last digit printed (trailing zeros were not kept)."""
    flat = np.ravel(np.array(printed, dtype=object)).tolist()
    digits = max(-number.as_tuple().exponent for number in flat)
    np.testing.assert_allclose(
        np.ravel(got), [float(number) for number in flat], rtol=0, atol=0.501 * 10.0**-digits
    )


@pytest.mark.parametrize("model", ["Rasch", "1PL"])
def test_lsat6_with_one_slope(model):
    printed = known("lsat6")[model]
    got = calibrate(data("lsat6"), model)
    assert got.converged
    assert_prints(got.log_likelihood, printed["log_likelihood"])
    assert_prints(got.aic, printed["aic"])
    assert_prints(got.bic, printed["bic"])
    assert_prints(got.b, printed["b"])
    assert_prints(got.se_b, printed["se_b"])
    if model == "1PL":
        assert len(set(got.a)) == 1
        assert_prints(got.a[0], printed["a"])
        assert_prints(got.se_a[0], printed["se_a"])
    else:
        assert got.a == (1.0,) * 5
        assert got.se_a == (0.0,) * 5


def test_lsat6_2pl():
    """The printed a and b stand where EM stopped, .0005 off the maximum: see the last test."""
    printed = known("lsat6")["2PL"]
    got = calibrate(data("lsat6"), "2PL")
    assert_prints(got.log_likelihood, printed["log_likelihood"])
    assert_prints(got.se_a, printed["se_a"])
    np.testing.assert_allclose(got.a, np.array(printed["a"], float), atol=6e-4)
    np.testing.assert_allclose(np.ravel(got.b), np.array(printed["b"], float), atol=1.1e-3)


def test_lsat7_2pl():
    printed = known("lsat7")["2PL"]
    got = calibrate(data("lsat7"), "2PL")
    assert_prints(got.log_likelihood, printed["log_likelihood"])
    assert_prints(got.aic, printed["aic"])
    assert_prints(got.bic, printed["bic"])
    assert_prints(got.a, printed["a"])
    assert_prints([item.intercepts for item in got.items], printed["d"])


def test_science_grm():
    """The printed a and d stand where EM stopped, .005 off the maximum: see the last test."""
    printed = known("science")["GRM"]
    got = calibrate(data("science"), "GRM")
    assert_prints(got.log_likelihood, printed["log_likelihood"])
    assert_prints(got.aic, printed["aic"])
    assert_prints(got.bic, printed["bic"])
    np.testing.assert_allclose(got.a, np.array(printed["a"], float), atol=5e-3)
    np.testing.assert_allclose(
        [item.intercepts for item in got.items], np.array(printed["d"], float), atol=8e-3
    )
    assert got.lowest_code == 1


def test_science_gpcm():
    """The printed value stands where EM stopped: .003 below the maximum."""
    printed = float(known("science")["GPCM"]["log_likelihood"])
    got = calibrate(data("science"), "GPCM").log_likelihood
    assert printed < got < printed + 0.004


@pytest.mark.parametrize(
    ("name", "model", "widths"),
    [("lsat6", "2PL", [2] * 5), ("science", "GRM", [4] * 4), ("science", "GPCM", [4] * 4)],
)
def test_the_maximum_is_where_an_independent_maximiser_finds_it(name, model, widths):
    responses = data(name)
    categories = responses.codes - np.nanmin(responses.codes)
    value, found = maximise([model] * len(widths), widths, categories, responses.weights)
    got = calibrate(responses, model, quadrature=normal_grid())
    assert got.log_likelihood == pytest.approx(value, abs=1e-6)
    ours = np.column_stack([got.a, [item.intercepts for item in got.items]])
    np.testing.assert_allclose(ours, found, atol=5e-4)


def test_printed_parameters_lie_below_the_maximum():
    """So the differences above are the other programs' stopping rules, not an error of ours."""
    for name, model in (("lsat6", "2PL"), ("science", "GRM")):
        responses, printed = data(name), known(name)[model]
        a = np.array(printed["a"], float)
        d = -a * np.array(printed["b"], float) if "b" in printed else printed["d"]
        items = [
            (model, [slope, *np.atleast_1d(np.array(row, float))])
            for slope, row in zip(a, d, strict=True)
        ]
        categories = responses.codes - np.nanmin(responses.codes)
        there = log_likelihood(items, categories, responses.weights)
        ours = calibrate(responses, model).log_likelihood
        assert 0 < ours - there < 1e-3
