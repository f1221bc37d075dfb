"""Signs of a sitting: which patterns raise which, and what must not."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from assessment_engine import (
    Answered,
    Estimation,
    Event,
    Item,
    ItemPool,
    JointPrior,
    Offered,
    Opened,
    Rules,
    Section,
    category_probabilities,
    posterior,
    responses,
)
from assessment_engine.person_fit import fit_of
from assessment_engine.pretest import Pretest
from assessment_engine.response_times import raised_by, times_of
from assessment_engine.signs import SignRules, signs_of

POOL = ItemPool(
    Item(f"{dimension}{i:02}", dimension, "2PL", 1.6, ((i - 10) / 5,), seconds=60.0)
    for dimension in "xy"
    for i in range(21)
)
RULES = Rules((Section("x", "x", 1, 21, 0.1), Section("y", "y", 1, 21, 0.1)))
ORDERLY = [(item.id, int(int(item.id[1:]) < 10)) for item in POOL]
X_REVERSED = [(item, category if item[0] == "y" else 1 - category) for item, category in ORDERLY]


def log_of(
    answers: Sequence[tuple[str, int | None]], seconds: Sequence[float] | None = None
) -> tuple[Event, ...]:
    now, events = 0.0, list[Event]([Opened(0.0, "a", "s", ())])
    for position, (item, category) in enumerate(answers, start=1):
        events.append(Offered(now, position, item[0], item))
        now += 55.0 if seconds is None else seconds[position - 1]
        events.append(Answered(now, position, item, category))
    return tuple(events)


def test_an_orderly_sitting_has_no_sign() -> None:
    got = signs_of(RULES, POOL, log_of(ORDERLY))
    assert (got.kinds, got.misfitting, got.at_fence) == ((), (), ())
    assert got.fit == fit_of(log_of(ORDERLY), RULES, POOL)
    assert got.times == times_of(log_of(ORDERLY), POOL)


def test_misfit_names_the_dimension() -> None:
    got = signs_of(RULES, POOL, log_of(X_REVERSED))
    assert got.kinds == ("misfit",)
    assert got.misfitting == ("x",)
    p = got.fit.dimensions["x"].p
    assert p is not None
    assert signs_of(RULES, POOL, log_of(X_REVERSED), SignRules(misfit_p=0.0)).kinds == ()


def test_misfit_of_one_of_two_dimensions_allows_for_their_number() -> None:
    got = signs_of(RULES, POOL, log_of(X_REVERSED))
    p = got.fit.dimensions["x"].p or 0.0
    assert got.fit.dimensions["y"].p is not None
    just_enough, not_quite = SignRules(misfit_p=2.01 * p), SignRules(misfit_p=1.99 * p)
    assert signs_of(RULES, POOL, log_of(X_REVERSED), just_enough).misfitting == ("x",)
    assert signs_of(RULES, POOL, log_of(X_REVERSED), not_quite).misfitting == ()


def test_false_alarms_are_as_rare_as_said() -> None:
    """Persons who answer by the model, with abilities estimated: about 1 % are flagged."""
    rng = np.random.default_rng(11)
    flagged = 0
    for _ in range(300):
        theta = dict(zip("xy", rng.normal(size=2), strict=True))
        right = [
            (item.id, int(rng.random() < category_probabilities(item, theta[item.dimension])[0, 1]))
            for item in POOL
        ]
        flagged += bool(signs_of(RULES, POOL, log_of(right)).kinds)
    assert flagged / 300 < 0.04


def test_estimates_at_a_fence_are_named() -> None:
    rules = replace(RULES, estimation=Estimation(method="ML"))
    answers = [(item, 1 if item[0] == "y" else category) for item, category in ORDERLY]
    got = signs_of(rules, POOL, log_of(answers))
    assert got.kinds == ("at_fence",)
    assert got.at_fence == ("y",)


def test_flags_of_times_are_signs() -> None:
    got = signs_of(RULES, POOL, log_of(ORDERLY, [2.0] * 21 + [55.0] * 21))
    assert got.kinds == ("rapid_guessing",)


def test_items_on_trial_do_not_count_to_fit() -> None:
    """Their parameters are guesses yet; all contradiction here is in items on trial."""
    on_trial = tuple(
        item for item, category in ORDERLY if item[0] == "x" and int(item[1:]) % 4 == 0
    )
    section = replace(RULES.sections[0], pretest=Pretest(n=1, first=1, last=3, items=on_trial))
    rules = replace(RULES, sections=(section, RULES.sections[1]))
    odd = [(item, 1 - category if item in on_trial else category) for item, category in ORDERLY]
    assert signs_of(RULES, POOL, log_of(odd)).misfitting == ("x",)
    got = signs_of(rules, POOL, log_of(odd))
    assert got.kinds == ()
    assert got.fit.dimensions["x"].n_scored == 21 - len(on_trial)


def test_fit_is_at_the_joint_ability_where_abilities_are_joint() -> None:
    prior = JointPrior(("x", "y"), (0.0, 0.0), ((1.0, 0.9), (0.9, 1.0)))
    answers = [*ORDERLY[:3], *[(item.id, 1) for item in POOL][21:]]
    apart = fit_of(log_of(answers), RULES, POOL).dimensions["x"].theta
    joint = fit_of(log_of(answers), replace(RULES, joint=prior), POOL).dimensions["x"].theta
    own = [one for one in responses(log_of(answers), POOL) if one.item[0] == "x"]
    assert apart == pytest.approx(posterior(POOL, own).mean)
    assert joint is not None
    assert apart is not None
    assert joint > apart + 0.3


def test_rapid_answers_are_those_that_raise_rapid_guessing() -> None:
    seconds = [55.0] * 42
    seconds[3] = seconds[17] = 2.0
    times = times_of(log_of(ORDERLY, seconds), POOL)
    assert [one.position for one in raised_by(times, "rapid_guessing")] == [4, 18]


def test_slow_answers_are_those_beyond_the_factor() -> None:
    seconds = [130.0] * 42
    seconds[5] = 119.0
    times = times_of(log_of(ORDERLY, seconds), POOL)
    assert times.flags == ("slow",)
    assert [one.position for one in raised_by(times, "slow")] == [
        position for position in range(1, 43) if position != 6
    ]


def test_slowing_is_raised_by_late_answers_that_are_slow_for_the_person() -> None:
    seconds = [40.0 * math.exp(0.03 * i) for i in range(42)]
    seconds[30] = 20.0
    times = times_of(log_of(ORDERLY, seconds), POOL)
    assert "slowing" in times.flags
    raised = [one.position for one in raised_by(times, "slowing")]
    assert raised == [position for position in range(22, 43) if position != 31]
