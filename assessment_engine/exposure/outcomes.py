"""What finished sittings tell of exposure.

Not re-exported by the package, whose other parts ``step`` imports: this one imports ``step``.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from assessment_engine.exposure.item_eligibility import LIFTED, ItemEligibility, Outcome
from assessment_engine.exposure.segments import segment_of
from assessment_engine.pool import ItemPool
from assessment_engine.pretest import scored_offers
from assessment_engine.records import Log
from assessment_engine.rules import Rules
from assessment_engine.sitting import read, responses_of
from assessment_engine.state import estimate


def outcome_of(
    rules: Rules,
    pool: ItemPool,
    log: Log,
    config: ItemEligibility,
    *,
    withheld: Sequence[Collection[str]] = (),
    lifted: Collection[int] = (),
    on_trial: Collection[str] = (),
) -> Outcome:
    """What a finished sitting tells of exposure, from its log.

    Parameters
    ----------
    rules, pool
        Those that the sitting was opened with.
    log : Log
    config : ItemEligibility
        Its cuts part the segments.
    withheld : sequence of collection of str, one a segment
        As the sitting opened.
    lifted : collection of int
        Segments whose draw was dropped as it opened.
    on_trial : collection of str
        Items on trial, which are left out.

    Returns
    -------
    Outcome
        A dimension without an offer is left out. Where an offer had to lift the restrictions, they
        count as not in force anywhere in the sitting.

    Raises
    ------
    LogError
        If the log is contradictory.
    """
    whole = read(log)
    sitting = replace(whole, offers=scored_offers(whole.offers, on_trial))
    answers = responses_of(sitting, pool)
    segments = {}
    for dimension in sorted({pool[offer.item].dimension for offer in sitting.offers}):
        own = tuple(answer for answer in answers if pool[answer.item].dimension == dimension)
        theta, _ = estimate(rules.estimation, pool, own)
        segments[dimension] = segment_of(theta, config.cuts)
    eligible = sitting.opened.eligible
    everywhere = any(offer.note == LIFTED for offer in sitting.offers)
    return Outcome(
        segments=segments,
        administered=frozenset(offer.item for offer in sitting.offers),
        withheld=tuple(frozenset(items) for items in withheld),
        lifted=frozenset(range(len(config.cuts) + 1)) if everywhere else frozenset(lifted),
        excluded=frozenset(pool.row) - frozenset(eligible) if eligible else frozenset(),
    )
