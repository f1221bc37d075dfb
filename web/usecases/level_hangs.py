"""Whether the level that a person is told hangs on what the machine makes of one answer."""

from dataclasses import dataclass

from assessment_engine import Log, Scored, profile
from item_bank.pool import AssessmentForm

N_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Hanging:
    """A competency whose reported level differs across the levels that the answer may have."""

    dimension: str
    at_lowest: int
    at_highest: int


def level_hangs(
    form: AssessmentForm, log: Log, position: int, span: tuple[int, int]
) -> Hanging | None:
    """Compare the competency's level with the answer at either end of its conformal set.

    Parameters
    ----------
    form : AssessmentForm
    log : Log
        Without a score of the answer.
    position : int
        Of the answer.
    span : (int, int)
        Lowest and highest level of the answer's conformal set.

    Returns
    -------
    Hanging, or None
        None where the level is the same at both ends, or the answer does not count.
    """
    low, high = (_levels(form, log, position, level) for level in span)
    for dimension in sorted(low):
        if low[dimension] != high[dimension]:
            return Hanging(dimension, low[dimension], high[dimension])
    return None


def _levels(form: AssessmentForm, log: Log, position: int, level: int) -> dict[str, int]:
    likelihood = tuple(float(k == level) for k in range(1, N_LEVELS + 1))
    score = Scored(log[-1].at, position, likelihood, "human")
    found = profile(form.rules, form.pool, (*log, score), form.cuts)
    return {dimension: result.level for dimension, result in found.dimensions.items()}
