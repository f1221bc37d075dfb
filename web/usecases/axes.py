"""The potential axis that a sitting opens with, for nine-box stopping."""

from statistics import mean, pstdev

from sqlmodel import Session, col, select

from assessment_engine.errors import PolicyError
from assessment_engine.stopping import potential_axis
from assessment_engine.stopping_rules import Axis, BandRisk
from item_bank.pool import AssessmentForm
from web.people.models import Person, Position, TalentScore
from web.policies.store import policy_content, policy_in_force
from web.usecases.placements import latest_performance, record_scores

ENOUGH = 30  # persons whose scores say what a score that is not known yet may be
UNKNOWN = (60.0, 23.1)  # mean and SD of a score that may be anything from 20 to 100


def axis_of(session: Session, person: Person, form: AssessmentForm) -> Axis | None:
    """What the person's potential rests on, where the rules stop by it.

    A recorded component that is not known yet counts as uncertain as it is among the others. None
    where a section does not stop by the axis, or an aspect is missing, or the axis counts a
    dimension that this assessment does not measure: then the rule ends nothing, and the test goes
    on to its other rules.
    """
    rules = [rule for section in form.rules.sections for rule in section.stopping]
    if not any(isinstance(rule, BandRisk) and rule.axis is None for rule in rules):
        return None
    content = policy_content(policy_in_force(session))
    policy = content.engine()
    scores = record_scores(session, person.id, content, latest_performance(session, person.id))
    unknown = [
        component.code
        for component in policy.axis_x
        if component.source == "record" and component.code not in scores
    ]
    try:
        axis = potential_axis(
            policy,
            form.cuts,
            session.get_one(Position, person.position_id).job_class,
            scores,
            {code: _among_the_others(session, code) for code in unknown},
        )
    except PolicyError:
        return None
    measured = {section.dimension for section in form.rules.sections}
    return axis if {one.dimension for one in axis.contributions} <= measured else None


def _among_the_others(session: Session, component: str) -> tuple[float, float]:
    rows = session.exec(
        select(TalentScore.value).where(col(TalentScore.component) == component)
    ).all()
    return (mean(rows), pstdev(rows)) if len(rows) >= ENOUGH else UNKNOWN
