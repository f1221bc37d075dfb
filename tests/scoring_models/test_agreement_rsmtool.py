"""PRMSE, subgroups and partial correlation against RSMTool's own numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring_models.agreement import (
    conditional_score_difference,
    difference_of_standardised_means,
    human_error_variance,
    overall_score_accuracy,
    overall_score_difference,
    partial_correlation,
    prmse,
)

KNOWN: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "known_values" / "rsmtool_agreement.json").read_text()
)
MACHINE = np.array(KNOWN["machine"])
RATINGS = np.array(KNOWN["ratings"], dtype=float)
HUMAN = RATINGS[:, 0]
GROUP = KNOWN["group"]


def test_prmse() -> None:
    known = KNOWN["prmse"]
    got = prmse(MACHINE, RATINGS)
    assert got.error_variance == pytest.approx(known["variance_of_errors"], abs=1e-12)
    assert got.variance == pytest.approx(known["true_score_variance"], abs=1e-12)
    assert got.mse == pytest.approx(known["mse_true"], abs=1e-12)
    assert got.prmse == pytest.approx(known["prmse"], abs=1e-12)
    assert (got.n, got.n_double) == (120, int((np.isfinite(RATINGS).sum(axis=1) > 1).sum()))
    assert human_error_variance(RATINGS) == got.error_variance


def test_prmse_with_the_error_variance_of_other_answers() -> None:
    got = prmse(MACHINE, RATINGS, error_variance=0.4)
    assert got.prmse == pytest.approx(KNOWN["prmse"]["prmse_with_error_variance_0.4"], abs=1e-12)


def test_standardised_means() -> None:
    got = difference_of_standardised_means(MACHINE, HUMAN, GROUP)
    assert got == pytest.approx(KNOWN["dsm"], abs=1e-12)


@pytest.mark.parametrize(
    ("name", "regression"),
    [
        ("osa", overall_score_accuracy),
        ("osd", overall_score_difference),
        ("csd", conditional_score_difference),
    ],
)
def test_regressions_on_groups(name: str, regression: Any) -> None:
    known, got = KNOWN["fairness"][name], regression(MACHINE, HUMAN, GROUP)
    assert got.base == known["base"]
    assert got.r_squared == pytest.approx(known["R2"], abs=1e-10)
    assert got.p == pytest.approx(known["sig"], abs=1e-10)
    for group, estimate in known["estimates"].items():
        contrast = got.contrasts[group]
        assert contrast.estimate == pytest.approx(estimate, abs=1e-10)
        assert contrast.standard_error == pytest.approx(known["standard_errors"][group], abs=1e-10)
        assert contrast.p == pytest.approx(known["p"][group], abs=1e-10)
    assert set(got.contrasts) == set(known["estimates"])


def test_partial_correlation() -> None:
    got = partial_correlation(MACHINE, KNOWN["words"], [HUMAN])
    assert got == pytest.approx(KNOWN["partial"], abs=1e-10)
