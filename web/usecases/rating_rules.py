"""Which of several ratings of one answer is its score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Purpose = Literal["first", "double", "read_behind", "adjudication", "rerating", "extra"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The score that an answer has; ``adjudicated`` where a third rater has given it."""

    level: int
    by: Literal["machine", "human"]
    adjudicated: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a rating becomes the score, and whether one more must decide."""

    counts: bool
    adjudicate: bool = False


def outcome_of(
    purpose: Purpose,
    level: int,
    standing: Standing | None,
    others: Sequence[int],
    max_difference: int,
) -> Outcome:
    """What follows from a rating.

    - The first rating of an answer without a score counts, and so does an adjudicator's.
    - A second one, blind, is a measure of agreement: it does not count, but sends the answer to
      adjudication where it differs from another person's by more than ``max_difference``.
    - Read behind the machine, it counts where it differs by more than ``max_difference``. A smaller
      difference is one that two people show as well; letting it count would give the answers that
      happened to be drawn another scorer than the rest, and a single level tells less than the
      machine's distribution.
    - After an objection to a machine's score it counts. After one to a person's it counts unless it
      differs by more than ``max_difference``; then a third person decides. Up or down alike.

    Parameters
    ----------
    purpose : str
    level : int
    standing : Standing, or None
        None only for a first rating.
    others : sequence of int
        Levels that other people gave.
    max_difference : int
        Levels.
    """
    if purpose in ("first", "adjudication") or standing is None:
        return Outcome(counts=True)
    far = abs(level - standing.level) > max_difference
    if standing.by == "machine":
        return Outcome(counts=purpose == "rerating" or (purpose == "read_behind" and far))
    if purpose == "rerating":
        return Outcome(counts=not far, adjudicate=far)
    apart = any(abs(level - other) > max_difference for other in others)
    return Outcome(counts=False, adjudicate=apart and not standing.adjudicated)
