"""What finished sittings tell of exposure.

Not re-exported by the package, whose other parts ``step`` imports: this one imports ``step``.
"""

from assessment_engine.abilities import Abilities
from assessment_engine.exposure.item_eligibility import LIFTED, Outcome
from assessment_engine.exposure.segments import segment_of
from assessment_engine.pool import ItemPool
from assessment_engine.records import Log
from assessment_engine.rules import Rules
from assessment_engine.sitting import read, responses_of
from assessment_engine.state import scored_part


def outcome_of(rules: Rules, pool: ItemPool, log: Log) -> Outcome:
    """What a finished sitting tells of exposure, from its log.

    Parameters
    ----------
    rules, pool
        Those that the sitting was opened with.
    log : Log

    Returns
    -------
    Outcome
        Without control by item eligibility there is one segment. Items on trial are left out. A
        dimension without an offer is left out. Where an offer had to lift the restrictions, they
        count as not in force anywhere in the sitting.

    Raises
    ------
    LogError
        If the log is contradictory.
    """
    cuts = rules.eligibility.cuts if rules.eligibility is not None else ()
    sitting = scored_part(rules, pool, read(log))
    abilities = Abilities(rules, pool, responses_of(sitting, pool))
    segments = {
        dimension: segment_of(abilities.estimate(dimension).theta, cuts)
        for dimension in sorted({pool[offer.item].dimension for offer in sitting.offers})
    }
    opened = sitting.opened
    everywhere = any(offer.note == LIFTED for offer in sitting.offers)
    excluded = frozenset(pool.row).difference(opened.eligible) if opened.eligible else frozenset()
    return Outcome(
        segments=segments,
        administered=frozenset(offer.item for offer in sitting.offers),
        withheld=tuple(frozenset(items) for items in opened.withheld),
        lifted=frozenset(range(len(cuts) + 1)) if everywhere else frozenset(opened.lifted),
        excluded=excluded,
    )
