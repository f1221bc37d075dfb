"""How a test is given: blueprint, selection, exposure, estimation and stopping, as one value.

Rules come from an assessment's file and stand apart from the pool and from the log of answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from assessment_engine.constraints import PLAIN, Assembly
from assessment_engine.errors import RulesError
from assessment_engine.exposure import ItemEligibility, Progressive, SympsonHetter
from assessment_engine.joint_prior import JointPrior
from assessment_engine.pretest import Pretest, items_on_trial
from assessment_engine.stopping_rules import StoppingRule


@dataclass(frozen=True, slots=True)
class Quota:
    """How many of a section's items, at least and at most, have this value of an attribute."""

    attribute: Literal["content", "kind"]
    value: str
    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the test, measuring one dimension.

    ``se_target`` is in logits (0: none), ``time_limit`` in seconds. The section ends by whichever
    of ``se_target``, ``stopping``, ``max_items`` and time comes first. Items on trial count
    neither to ``min_items`` nor to ``max_items``.
    """

    code: str
    dimension: str
    min_items: int
    max_items: int
    se_target: float
    time_limit: float | None = None
    quotas: tuple[Quota, ...] = ()
    stopping: tuple[StoppingRule, ...] = ()
    assembly: Assembly = PLAIN
    pretest: Pretest | None = None


Optimality = Literal["D-optimality", "Bayesian D-optimality", "A-optimality"]
Method = Literal["EAP", "MAP", "MAP Jeffreys", "ML", "WLE"]


@dataclass(frozen=True, slots=True)
class Estimation:
    """How ability is estimated; see :func:`assessment_engine.estimators.estimate`.

    The posterior is by quadrature: normal prior, equally spaced nodes on ``[low, high]``, logits.
    Its ends are the fences of ML and WLE.
    """

    method: Method = "EAP"
    prior_mean: float = 0.0
    prior_sd: float = 1.0
    low: float = -6.0
    high: float = 6.0
    n_nodes: int = 121


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """What shapes those selection rules that take it (``Criterion.settings``).

    ``n_strata`` is the number of strata, and of stages, of the rules by strata; ``acceleration``
    the power by which the rules that turn from chance to information do so (0: in equal steps; the
    more, the longer chance lasts).
    """

    n_strata: int = 4
    acceleration: float = 1.0


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole test: its sections in order, and how items are chosen and abilities estimated.

    ``selection`` is a rule's name, ``selection_settings`` shape those rules that take some.
    ``randomesque`` is the number of best items among which the seed draws one (1 is none);
    ``exposure`` a control in its place, ``eligibility`` one beside either, whose draw is in the
    sitting's first event. With ``joint`` the abilities are correlated and what one dimension's
    answers tell of the others counts, in place of the estimation's own prior; with ``across`` the
    sections take turns by that criterion. ``time_limit`` covers the whole sitting, seconds.
    """

    sections: tuple[Section, ...]
    selection: str = "MFI"
    randomesque: int = 5
    selection_settings: SelectionSettings = SelectionSettings()
    exposure: Progressive | SympsonHetter | None = None
    eligibility: ItemEligibility | None = None
    estimation: Estimation = Estimation()
    joint: JointPrior | None = None
    across: Optimality | None = None
    time_limit: float | None = None

    @property
    def on_trial(self) -> frozenset[str]:
        """All items that some section tries, unscored."""
        tries = [section.pretest for section in self.sections if section.pretest is not None]
        return items_on_trial(tries) if tries else frozenset()

    def section(self, code: str) -> Section:
        for section in self.sections:
            if section.code == code:
                return section
        raise RulesError(
            f"the rules have no section {code!r}, only {[one.code for one in self.sections]}; use "
            "the rules that the sitting was opened with"
        )


CutScores = Mapping[str, tuple[float, float, float, float]]
"""By dimension: the abilities (logits) at which levels 2, 3, 4 and 5 begin."""
