"""How far machine and people agree on one item, where there are pairs enough to say."""

from dataclasses import dataclass

from item_bank.models import Item
from item_bank.ratings import ItemRatings

MIN_PAIRS = 10
"""Fewer pairs than this say nothing that would hold."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """``exact`` and ``adjacent`` are shares; all three are None below ``MIN_PAIRS``.

    ``kappa`` is None too where it is undefined, because all ratings are one and the same level.
    """

    item: Item
    n_answers: int
    n_human: int
    n_machine_decided: int
    n_pairs: int
    exact: float | None = None
    adjacent: float | None = None
    kappa: float | None = None

    @property
    def is_enough(self) -> bool:
        return self.n_pairs >= MIN_PAIRS


def agreement_of(ratings: ItemRatings) -> Agreement:
    """Counts of one item, and the agreement of the machine's likeliest level with people's."""
    counts = (
        ratings.item,
        ratings.n_answers,
        ratings.n_human,
        ratings.n_machine_decided,
        len(ratings.pairs),
    )
    if len(ratings.pairs) < MIN_PAIRS:
        return Agreement(*counts)
    from scoring_models import adjacent_agreement, exact_agreement

    machine, human = zip(*ratings.pairs, strict=True)
    return Agreement(
        *counts,
        exact=exact_agreement(machine, human),
        adjacent=adjacent_agreement(machine, human),
        kappa=_kappa(machine, human),
    )


def _kappa(machine: tuple[int, ...], human: tuple[int, ...]) -> float | None:
    from scoring_models import quadratic_weighted_kappa
    from scoring_models.errors import AgreementError

    try:
        return quadratic_weighted_kappa(machine, human)
    except AgreementError:  # everybody gave the same level: undefined, not 0 and not 1
        return None
