"""Agreement, drift and severity of raters, from rated answers by hand and simulated."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from item_bank.models import Item
from item_bank.rating_pairs import HumanRating, RatedAnswer
from item_bank.ratings import ItemRatings
from web.usecases.agreement import item_agreement
from web.usecases.drift import month_of, rolling, week_of
from web.usecases.scoring_settings import scoring_settings
from web.usecases.severity import as_csv, table_of

PEOPLE = scoring_settings().people
ITEM = Item(
    code="X", competency="x", kind="free_text", target_level=3, difficulty="easy", seconds=1
)
START = datetime(2026, 11, 2, 9, tzinfo=UTC)  # a Monday


def answer(
    machine: int | None, *levels: int, at: datetime = START, raters: tuple[str, ...] = ("a", "b")
) -> RatedAnswer:
    given = [
        HumanRating(rater, level, "first" if place == 0 else "double", at)
        for place, (rater, level) in enumerate(zip(raters, levels, strict=False))
    ]
    expected = None if machine is None else float(machine)
    return RatedAnswer(uuid4(), 1, ITEM.id, uuid4(), tuple(given), machine, expected, False)


def figures(answers: list[RatedAnswer], n_human: int = 100):
    return item_agreement(ItemRatings(ITEM, 200, n_human, 0), answers, PEOPLE, 40)


MACHINE = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5] * 2
HUMAN = [1, 1, 2, 3, 3, 2, 4, 5, 5, 3] * 2


def test_agreement_by_hand() -> None:
    """Six in ten equal, nine in ten adjacent. Kappa: mean square .7 over 2 + 1.89 + .01."""
    got = figures([answer(m, h) for m, h in zip(MACHINE, HUMAN, strict=True)])
    assert got.machine.exact == pytest.approx(0.6)
    assert got.machine.adjacent == pytest.approx(0.9)
    assert got.machine.kappa is not None
    assert got.machine.kappa.value == pytest.approx(1 - 0.7 / 3.9)
    assert got.machine.kappa.low is not None
    assert got.machine.kappa.low < 1 - 0.7 / 3.9 < (got.machine.kappa.high or 0)
    assert got.people.n == 0
    assert got.truth is None
    assert got.verdict == "good"


def test_too_few_is_said_and_nothing_is_shown() -> None:
    pairs = [answer(m, h) for m, h in zip(MACHINE[:19], HUMAN[:19], strict=True)]
    got = figures(pairs)
    assert (got.machine.n, got.machine.exact, got.verdict) == (19, None, "few_pairs")
    assert figures(pairs, n_human=39).verdict == "few_ratings"
    assert figures([answer(3, 3)] * 20).verdict == "no_spread"


@pytest.mark.parametrize(
    ("machine", "verdict"),
    [
        ([1, 2, 2, 3, 3, 4, 4, 5, 5, 5], "machine_high"),
        ([1, 1, 1, 2, 2, 3, 3, 4, 4, 5], "machine_low"),
        ([5, 4, 3, 2, 1, 1, 2, 3, 4, 5], "low_kappa"),
    ],
)
def test_what_is_off_is_named(machine: list[int], verdict: str) -> None:
    human = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    got = figures([answer(m, h) for m, h in zip(machine * 3, human * 3, strict=True)])
    assert got.verdict == verdict


def test_people_who_do_not_agree_are_told_before_the_machine() -> None:
    first, second = [1, 2, 3, 4, 5] * 5, [3, 1, 5, 2, 4] * 5
    got = figures([answer(h, h, k) for h, k in zip(first, second, strict=True)])
    assert got.verdict == "people_disagree"


def test_true_scores_are_predicted_better_than_any_single_rating() -> None:
    """Truth on 1-5, raters err by SD .8, the machine is the truth: PRMSE about 1, QWK far below."""
    draw = np.random.default_rng(1)
    answers = []
    for _ in range(600):
        truth = int(draw.integers(1, 6))
        levels = [int(np.clip(round(truth + draw.normal(0, 0.8)), 1, 5)) for _ in range(2)]
        answers.append(answer(truth, *levels))
    got = figures(answers)
    assert got.truth is not None
    assert got.truth.prmse > 0.93
    assert got.machine.kappa is not None
    assert got.machine.kappa.value < 0.9


def test_a_window_holds_four_weeks() -> None:
    pairs = [
        answer(m, h, at=START + timedelta(weeks=week))
        for week in range(6)
        for m, h in zip(MACHINE[:10], HUMAN[:10], strict=True)
    ]
    got = rolling(pairs, PEOPLE)
    assert [one.n for one in got] == [10, 20, 30, 40, 40, 40]
    assert [one.period for one in got][:2] == ["2026-W45", "2026-W46"]
    assert got[0].kappa is None
    assert got[-1].kappa == pytest.approx(1 - 0.7 / 3.9)


def test_weeks_and_months() -> None:
    assert week_of(datetime(2027, 1, 1, tzinfo=UTC)) == "2026-W53"
    assert month_of(datetime(2027, 1, 1, tzinfo=UTC)) == "2027-01"


def simulated(severity: dict[str, float], shared: bool, n: int = 300) -> list[RatedAnswer]:
    """One answer a sitting; each rated by one or two raters at the model's levels."""
    draw = np.random.default_rng(5)
    names = list(severity)
    found = []
    for number in range(n):
        theta = draw.normal(0, 1.3)
        own = [names[number % len(names)]]
        if shared and number % 4 == 0:
            own.append(names[(number + 1) % len(names)])
        levels = []
        for name in own:
            steps = theta - severity[name] - np.array([-1.8, -0.6, 0.6, 1.8])
            weights = np.exp(np.append(0.0, np.cumsum(steps)))
            levels.append(1 + int(draw.choice(5, p=weights / weights.sum())))
        found.append(answer(None, *levels, raters=tuple(own)))
    return found


CODES = {ITEM.id: "X"}


def test_severity_is_found_and_taken_off() -> None:
    table = table_of(simulated({"lunak": -1.0, "keras": 1.0}, shared=True, n=1200), CODES)
    assert table.problem == ""
    by_name = {one.name: one for one in table.raters}
    assert by_name["keras"].severity - by_name["lunak"].severity == pytest.approx(2.0, abs=0.6)
    assert 0 < by_name["keras"].se < 0.3
    assert by_name["keras"].fit.infit == pytest.approx(1.0, abs=0.3)
    single = [row for row in table.rows if row.n_ratings == 1]
    gap = {
        what: np.mean([getattr(r, what) for r in single if r.raters == ("lunak",)])
        - np.mean([getattr(r, what) for r in single if r.raters == ("keras",)])
        for what in ("observed", "fair")
    }
    assert gap["observed"] > 0.8
    assert abs(gap["fair"]) < 0.35
    lines = as_csv(table).splitlines()
    assert lines[0] == "sitting,position,item,observed,fair,n_ratings,raters"
    assert len(lines) == len(table.rows) + 1 == 1201


def test_raters_who_share_nothing_are_named_by_group() -> None:
    table = table_of(simulated({"lunak": -1.0, "keras": 1.0}, shared=False), CODES)
    assert table.problem == "disconnected"
    assert {frozenset(group) for group in table.groups} == {
        frozenset({"lunak"}),
        frozenset({"keras"}),
    }
    assert table.rows == ()


def test_too_little_to_say_is_said() -> None:
    few = simulated({"lunak": 0.0, "keras": 0.0}, shared=True, n=10)
    assert table_of(few, CODES).problem == "few_ratings"
    alone = simulated({"lunak": 0.0}, shared=False, n=60)
    assert table_of(alone, CODES).problem == "one_rater"
    same = [answer(None, 3, 3) for _ in range(40)]
    stuck = table_of(same, CODES)
    assert stuck.problem == "no_estimate"
    assert stuck.detail
