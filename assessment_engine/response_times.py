"""What response times say: rapid guessing, and answers that become slow.

Times run from Offered to Answered, seconds, without pauses. An item's ``seconds`` is taken as the
median time that it needs. Offers that expired have no time.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import stdtr

from assessment_engine.irt import FloatArray
from assessment_engine.pool import ItemPool
from assessment_engine.records import Log
from assessment_engine.sitting import Sitting, read

TimeFlag = Literal["rapid_guessing", "slowing", "slow"]


@dataclass(frozen=True, slots=True)
class TimeRules:
    """When times are flagged.

    Attributes
    ----------
    rapid_share, rapid_cap : float
        An answer is rapid below this share of the item's seconds, and at most this many seconds.
    least_effort : float
        Rapid guessing is flagged below this share of answers that are not rapid.
    slowing_factor, slowing_p : float
        Slowing is flagged where times, against the items' seconds, grow from the first to the last
        answer by this factor at least, and one-sided chance of such a trend is below ``slowing_p``.
    slow_factor : float
        Slowness is flagged where the typical time is this many times the items' seconds.
    least_answers : int
        Flags need so many timed answers; slowing and slowness count those that are not rapid.

    References
    ----------
    Wise & Ma (2012), Setting response time thresholds for a CAT item pool: the normative threshold
    method, NCME, for 10 % and 10 s; Wise & Kong (2005), doi:10.1207/s15324818ame1802_2, for .90
    """

    rapid_share: float = 0.10
    rapid_cap: float = 10.0
    least_effort: float = 0.90
    slowing_factor: float = 1.5
    slowing_p: float = 0.01
    slow_factor: float = 2.0
    least_answers: int = 8


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """One answer's time, and what it was against, seconds.

    ``residual`` is the log of time over ``expected`` less its mean over the person's answers that
    are not rapid: above 0 where he was slow for himself. None for rapid answers.
    """

    position: int
    item: str
    seconds: float
    expected: float
    rapid: bool
    residual: float | None


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """Times of one sitting; a value is None where too few answers have a time.

    Attributes
    ----------
    answers : tuple of AnswerTime
        Answers to items that have ``seconds``, in the order of positions.
    effort : float or None
        Response time effort: the share of answers that are not rapid.
    speed : float or None
        Mean log of expected over needed time: 0 where time is as expected, log 2 at half of it.
    growth : float or None
        Factor by which times grew from the first to the last answer, along the trend.
    growth_p : float or None
        One-sided probability of such a growth without a trend.
    flags : tuple of {"rapid_guessing", "slowing", "slow"}
    """

    answers: tuple[AnswerTime, ...]
    effort: float | None
    speed: float | None
    growth: float | None
    growth_p: float | None
    flags: tuple[TimeFlag, ...]


def checks(rules: TimeRules) -> Iterator[tuple[bool, str]]:
    """What must hold of rules on times, each with what to say where it does not."""
    for name in ("rapid_share", "least_effort", "slowing_p"):
        value = getattr(rules, name)
        yield 0.0 <= value <= 1.0, f"{name} is {value}, expected a share from 0 to 1"
    for name in ("slowing_factor", "slow_factor"):
        value = getattr(rules, name)
        yield 1.0 <= value < math.inf, f"{name} is {value}, expected a number of 1 or more"
    yield rules.rapid_cap >= 0.0, f"rapid_cap is {rules.rapid_cap}, expected seconds >= 0"
    least = rules.least_answers
    yield least >= 3, f"least_answers is {least}; a trend needs 3 or more"


def times_of(log: Log, pool: ItemPool, rules: TimeRules | None = None) -> ResponseTimes:
    """Response times of a log so far, and their flags.

    Parameters
    ----------
    log : Log
    pool : ItemPool
        Its items' ``seconds`` are what is expected; items with 0 have no time.
    rules : TimeRules, optional

    Returns
    -------
    ResponseTimes
        Of a candidate with extra time the numbers are told, but slowness is not flagged.

    Raises
    ------
    LogError
        If the log is contradictory.
    UnknownItemError
        If an item offered is not in ``pool``.

    Notes
    -----
    log T = log(seconds) - speed + residual, van der Linden's lognormal model with the item's
    seconds as its time intensity and one residual SD for the person. The trend is the least-squares
    line of log(T / seconds) on the position, over answers that are not rapid, with Student's t.

    References
    ----------
    van der Linden (2006), doi:10.3102/10769986031002181; Wise & Kong (2005),
    doi:10.1207/s15324818ame1802_2
    """
    rules = rules or TimeRules()
    sitting = read(log)
    timed = _timed(sitting, pool)
    effortful = [one for one in timed if not _is_rapid(one, rules)]
    ratios = np.array([math.log(one.seconds / one.expected) for one in effortful])
    typical = float(ratios.mean()) if effortful else None
    growth, growth_p = _trend([one.position for one in effortful], ratios)
    residuals = dict(zip((one.position for one in effortful), ratios.tolist(), strict=True))
    found = ResponseTimes(
        answers=tuple(
            AnswerTime(
                *one,
                rapid=one.position not in residuals,
                residual=residuals[one.position] - (typical or 0.0)
                if one.position in residuals
                else None,
            )
            for one in timed
        ),
        effort=len(effortful) / len(timed) if timed else None,
        speed=None if typical is None else -typical,
        growth=growth,
        growth_p=growth_p,
        flags=(),
    )
    slowness_counts = sitting.opened.extra_time == 0.0
    return replace(found, flags=tuple(_flags(found, rules, slowness_counts=slowness_counts)))


def raised_by(
    times: ResponseTimes, flag: TimeFlag, rules: TimeRules | None = None
) -> tuple[AnswerTime, ...]:
    """The answers that weigh most in a flag, in the order of positions.

    Parameters
    ----------
    times : ResponseTimes
    flag : {"rapid_guessing", "slowing", "slow"}
    rules : TimeRules, optional
        Those that ``times`` were judged by.

    Returns
    -------
    tuple of AnswerTime
        For rapid guessing the rapid answers; for slowness those of at least ``slow_factor`` times
        their item's seconds; for slowing those of the second half that were slow for the person.
    """
    rules = rules or TimeRules()
    if flag == "rapid_guessing":
        return tuple(one for one in times.answers if one.rapid)
    effortful = [one for one in times.answers if not one.rapid]
    if flag == "slow":
        return tuple(one for one in effortful if one.seconds >= rules.slow_factor * one.expected)
    second_half = effortful[len(effortful) // 2 :]
    return tuple(one for one in second_half if one.residual is not None and one.residual > 0.0)


class _Timed(NamedTuple):
    position: int
    item: str
    seconds: float
    expected: float


def _timed(sitting: Sitting, pool: ItemPool) -> list[_Timed]:
    """Answers to items that have seconds, in the order of positions."""
    found = []
    for offer in sitting.offers:
        expected = pool[offer.item].seconds
        answer = sitting.answers.get(offer.position)
        if answer is not None and expected > 0.0:
            seconds = sitting.active(offer.at, answer.at)
            found.append(_Timed(offer.position, offer.item, seconds, expected))
    return found


def _is_rapid(one: _Timed, rules: TimeRules) -> bool:
    return one.seconds <= 0.0 or one.seconds < min(
        rules.rapid_share * one.expected, rules.rapid_cap
    )


def _trend(positions: Sequence[int], ratios: FloatArray) -> tuple[float | None, float | None]:
    """Growth from the first to the last position along the least-squares line, and its p."""
    if len(positions) < 3:
        return None, None
    x = np.array(positions, dtype=np.float64)
    x -= x.mean()
    spread = float(x @ x)
    slope = float(x @ ratios) / spread
    growth = math.exp(slope * float(x[-1] - x[0]))
    left = ratios - ratios.mean() - slope * x
    variance = float(left @ left) / (len(positions) - 2)
    if variance <= 0.0:
        return growth, 0.5 if slope == 0.0 else float(slope < 0.0)
    t = slope / math.sqrt(variance / spread)
    return growth, float(stdtr(len(positions) - 2, -t))


def _flags(found: ResponseTimes, rules: TimeRules, *, slowness_counts: bool) -> Iterator[TimeFlag]:
    enough = len(found.answers) >= rules.least_answers
    if enough and found.effort is not None and found.effort < rules.least_effort:
        yield "rapid_guessing"
    n_effortful = sum(not one.rapid for one in found.answers)
    if n_effortful < rules.least_answers or not slowness_counts:
        return
    growth = 1.0 if found.growth is None else found.growth
    if growth >= rules.slowing_factor and (found.growth_p or 0.0) < rules.slowing_p:
        yield "slowing"
    if found.speed is not None and found.speed <= -math.log(rules.slow_factor):
        yield "slow"
