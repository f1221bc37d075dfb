"""Signs that a sitting is worth a second look: evidence for a person to weigh, never a verdict.

No score, level or box depends on them.
"""

from dataclasses import dataclass, field
from typing import Literal

from assessment_engine.person_fit import AT_FENCE, FitOfSitting, fit_of
from assessment_engine.pool import ItemPool
from assessment_engine.records import Log
from assessment_engine.response_times import ResponseTimes, TimeFlag, TimeRules, times_of
from assessment_engine.rules import Rules

Sign = Literal["misfit"] | TimeFlag | Literal["at_fence"]
SIGNS: tuple[Sign, ...] = ("misfit", "rapid_guessing", "slowing", "slow", "at_fence")


@dataclass(frozen=True, slots=True)
class SignRules:
    """``misfit_p``: misfit is a sign where chance alone gives an ``lz_star`` as low or lower less
    often, over all dimensions or, allowing for how many there are (Bonferroni), in one of them."""

    misfit_p: float = 0.01
    times: TimeRules = field(default_factory=TimeRules)


@dataclass(frozen=True, slots=True)
class Signs:
    """What a log shows so far.

    Attributes
    ----------
    fit : FitOfSitting
    times : ResponseTimes
    misfitting : tuple of str
        Dimensions whose own fit is a sign.
    overall_misfit : bool
        Whether the fit over all dimensions is.
    at_fence : tuple of str
        Dimensions whose estimate stands at an end of the ability grid.
    kinds : tuple of {"misfit", "rapid_guessing", "slowing", "slow", "at_fence"}
        All signs, none of them twice.
    """

    fit: FitOfSitting
    times: ResponseTimes
    misfitting: tuple[str, ...]
    overall_misfit: bool
    at_fence: tuple[str, ...]
    kinds: tuple[Sign, ...]


def signs_of(rules: Rules, pool: ItemPool, log: Log, sign_rules: SignRules | None = None) -> Signs:
    """The signs of a log, finished or not.

    Parameters
    ----------
    rules, pool
        Those that the sitting was opened with.
    log : Log
    sign_rules : SignRules, optional

    Raises
    ------
    LogError
        If the log is contradictory.
    UnknownItemError
        If an item offered is not in ``pool``.
    """
    limits = sign_rules or SignRules()
    fit = fit_of(log, rules, pool)
    times = times_of(log, pool, limits.times)
    judged = {name: one.p for name, one in fit.dimensions.items() if one.p is not None}
    misfitting = tuple(name for name, p in judged.items() if p * len(judged) < limits.misfit_p)
    at_fence = tuple(name for name, one in fit.dimensions.items() if one.reason == AT_FENCE)
    overall = fit.overall.p is not None and fit.overall.p < limits.misfit_p
    shown: set[Sign] = set(times.flags)
    if misfitting or overall:
        shown.add("misfit")
    if at_fence:
        shown.add("at_fence")
    return Signs(
        fit, times, misfitting, overall, at_fence, tuple(one for one in SIGNS if one in shown)
    )
