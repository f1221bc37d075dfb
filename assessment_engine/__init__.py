"""Adaptive testing: IRT models, ability, selection, stopping, and the decision ``next_step``."""

from assessment_engine.ability import eap, map_estimate
from assessment_engine.blueprint import check_rules
from assessment_engine.clock import time_left
from assessment_engine.density import THETA_GRID, Posterior, posterior
from assessment_engine.eligibility import Eligibility, Issuance, Reason, eligible, valid_until
from assessment_engine.errors import (
    ConvergenceError,
    CutScoreError,
    EngineError,
    ItemError,
    LogError,
    PolicyError,
    ResponseError,
    RulesError,
    UnknownItemError,
)
from assessment_engine.estimators import Estimate, estimate
from assessment_engine.irt import category_probabilities, information
from assessment_engine.joint import joint_posterior
from assessment_engine.joint_prior import JointPrior
from assessment_engine.matching import (
    AspectResult,
    CompetencyGap,
    PersonJobMatch,
    PotentialResult,
    jpm,
    person_job_match,
    potential,
)
from assessment_engine.nine_box import AxisResult, ComponentResult, Placement, place
from assessment_engine.opening import Opening, open_with
from assessment_engine.person_fit import fit_of
from assessment_engine.policy import (
    Aspect,
    Category,
    Component,
    PlacementPolicy,
    category_of,
    performance_predicate,
    performance_score,
)
from assessment_engine.pool import ItemPool
from assessment_engine.profile import check_cuts, profile
from assessment_engine.records import (
    Ability,
    Administer,
    Answered,
    DimensionResult,
    Event,
    Expired,
    Extended,
    Finish,
    Finished,
    Flagged,
    Item,
    Log,
    Offered,
    Opened,
    Paused,
    Profile,
    Response,
    Resumed,
    Scored,
    Step,
    TimeLeft,
)
from assessment_engine.replay import Difference, Replay, replay
from assessment_engine.response_times import times_of
from assessment_engine.rules import CutScores, Estimation, Quota, Rules, Section, SelectionSettings
from assessment_engine.selection import maximum_information
from assessment_engine.signs import signs_of
from assessment_engine.simulate import simulate
from assessment_engine.simulation import Simulation, can_vectorise, simulate_many
from assessment_engine.sitting import current_offer, responses
from assessment_engine.step import next_step
from assessment_engine.trail import trail_of

__all__ = [
    "THETA_GRID",
    "Ability",
    "Administer",
    "Answered",
    "Aspect",
    "AspectResult",
    "AxisResult",
    "Category",
    "CompetencyGap",
    "Component",
    "ComponentResult",
    "ConvergenceError",
    "CutScoreError",
    "CutScores",
    "Difference",
    "DimensionResult",
    "Eligibility",
    "EngineError",
    "Estimate",
    "Estimation",
    "Event",
    "Expired",
    "Extended",
    "Finish",
    "Finished",
    "Flagged",
    "Issuance",
    "Item",
    "ItemError",
    "ItemPool",
    "JointPrior",
    "Log",
    "LogError",
    "Offered",
    "Opened",
    "Opening",
    "Paused",
    "PersonJobMatch",
    "Placement",
    "PlacementPolicy",
    "PolicyError",
    "Posterior",
    "PotentialResult",
    "Profile",
    "Quota",
    "Reason",
    "Replay",
    "Response",
    "ResponseError",
    "Resumed",
    "Rules",
    "RulesError",
    "Scored",
    "Section",
    "SelectionSettings",
    "Simulation",
    "Step",
    "TimeLeft",
    "UnknownItemError",
    "can_vectorise",
    "category_of",
    "category_probabilities",
    "check_cuts",
    "check_rules",
    "current_offer",
    "eap",
    "eligible",
    "estimate",
    "fit_of",
    "information",
    "joint_posterior",
    "jpm",
    "map_estimate",
    "maximum_information",
    "next_step",
    "open_with",
    "performance_predicate",
    "performance_score",
    "person_job_match",
    "place",
    "posterior",
    "potential",
    "profile",
    "replay",
    "responses",
    "signs_of",
    "simulate",
    "simulate_many",
    "time_left",
    "times_of",
    "trail_of",
    "valid_until",
]
