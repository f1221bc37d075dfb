from __future__ import annotations

import numpy as np
import pytest

from scoring_models import quadratic_weighted_kappa
from scoring_models.scored import stages
from scoring_models.scored.stages import Stage, acceptance


def _good(n: int = 4000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Calibrated distributions, the level decided, and a human level drawn from them."""
    rng = np.random.default_rng(seed)
    p = np.exp(-1.2 * (np.arange(1, 6) - rng.uniform(0.5, 5.5, n)[:, None]) ** 2)
    p /= p.sum(axis=1, keepdims=True)
    human = 1 + (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=4)
    return p, np.rint(p @ np.arange(1, 6)), human


def _by_name(report: stages.AcceptanceReport) -> dict[str, stages.Criterion]:
    return {criterion.name: criterion for criterion in report.criteria}


@pytest.mark.parametrize(
    ("n", "stage"),
    [
        (0, Stage.RUBRIC),
        (9, Stage.RUBRIC),
        (10, Stage.PRIOR),
        (39, Stage.PRIOR),
        (40, Stage.OWN),
        (149, Stage.OWN),
        (150, Stage.AUTOMATIC),
    ],
)
def test_stage_by_count(n: int, stage: Stage) -> None:
    assert stages.stage_by_count(n) is stage


def test_only_a_passed_report_opens_the_last_stage() -> None:
    passed = acceptance(*_good(), lowest=1)
    assert passed.passed
    assert stages.stage_of(150, passed) is Stage.AUTOMATIC
    assert stages.stage_of(150, None) is Stage.OWN
    assert stages.stage_of(149, passed) is Stage.OWN
    early = acceptance(*_good(100), lowest=1, limits=stages.AcceptanceLimits(0, 9, 9, 9, 9))
    assert early.passed
    assert stages.stage_of(150, early) is Stage.OWN
    assert [s for s in Stage if stages.machine_may_decide(s)] == [Stage.AUTOMATIC]


def test_each_fault_fails_its_own_criterion() -> None:
    p, decided, human = _good()
    failed = {
        name
        for name, c in _by_name(acceptance(p[::-1], decided[::-1], human, 1)).items()
        if not c.passed
    }
    assert failed == {"kappa", "calibration error"}
    lower = np.maximum(human - 1, 1)
    shifted = _by_name(acceptance(p, decided, lower, 1))
    assert shifted["kappa"].passed
    assert shifted["difference"].value == pytest.approx(0.6, abs=0.15)
    assert not shifted["difference"].passed


def test_degradation_from_people() -> None:
    p, decided, human = _good()
    second = human.astype(float)
    second[::2] = np.nan
    strict = stages.AcceptanceLimits(most_degradation=0.05)
    report = acceptance(p, decided, human, 1, second_human=second, limits=strict)
    found = _by_name(report)["degradation"]
    twice = slice(1, None, 2)
    lost = 1 - quadratic_weighted_kappa(decided[twice], human[twice])
    assert found.value == pytest.approx(lost)
    assert lost > 0.05
    assert not found.passed
    without = _by_name(acceptance(p, decided, human, 1))["degradation"]
    assert (without.value, without.applies, without.passed) == (None, False, True)


def test_subgroup_that_the_machine_favours() -> None:
    p, decided, human = _good()
    group = np.where(np.arange(len(human)) % 4 == 0, "a", "b").tolist()
    fair = _by_name(acceptance(p, decided, human, 1, subgroups=group))["subgroup difference"]
    assert fair.passed
    assert fair.value is not None
    favoured = p.copy()
    favoured[::4] = np.roll(p[::4], 1, axis=1)
    favoured[::4, 4] += favoured[::4, 0]
    favoured[::4, 0] = 0
    unfair = _by_name(acceptance(favoured, decided, human, 1, subgroups=group))
    assert not unfair["subgroup difference"].passed
    small = acceptance(p, decided, human, 1, subgroups=["a"] * 19 + ["b"] * (len(p) - 19))
    assert not _by_name(small)["subgroup difference"].applies


def test_calibration_error_by_hand() -> None:
    """Two answers at .9 of which one is right, two at .6 of which both are: (.8 + .8) / 4."""
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    assert stages.calibration_error(p, np.array([0, 1, 1, 1]), 0) == pytest.approx(0.4)


def test_undefined_kappa_is_a_failure_with_its_reason() -> None:
    p = np.tile([0.1, 0.9], (30, 1))
    report = acceptance(p, np.ones(30), np.ones(30), 0)
    kappa = _by_name(report)["kappa"]
    assert kappa.value is None
    assert "undefined" in kappa.note
    assert not report.passed
