"""What is kept beside a trained model: its acceptance, its figures, and what its scores need."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from web.usecases.scorers import HIGHEST, LOWEST
from web.usecases.scoring_settings import ModelSettings

if TYPE_CHECKING:
    from scoring_models.scored.conformal import Conformal
    from scoring_models.scored.model import Predicted
    from scoring_models.scored.stages import AcceptanceReport
    from scoring_models.scored.store import PromptModel

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class Observed:
    """What people said of the answers, one row an answer.

    ``levels`` to train on; ``first`` and ``second`` as two people gave them, NaN where nobody gave
    a second; ``groups`` of the writers, for differences between them; ``n_distinct`` texts.
    """

    levels: IntArray
    first: IntArray
    second: FloatArray
    groups: Sequence[str]
    n_distinct: int


def evaluation_of(
    model: "PromptModel", unseen: "Predicted", observed: Observed, settings: ModelSettings
) -> tuple[str, dict[str, Any]]:
    """The stage that a model reached, and its evaluation as it is kept.

    Acceptance compares the machine with the first person, since a mean of two people is better
    agreed with than either. The limits by which the model abstains come from ``settings`` and
    stay with the model.
    """
    from scoring_models.scored.selective import cost_limit
    from scoring_models.scored.stages import acceptance, stage_of

    report = acceptance(
        unseen.probabilities,
        unseen.decided,
        observed.first,
        LOWEST,
        second_human=observed.second if np.isfinite(observed.second).any() else None,
        subgroups=observed.groups,
    )
    conformal = _conformal(unseen, observed.first, settings)
    limit = cost_limit(unseen.cost, settings.coverage)
    return stage_of(observed.n_distinct, report).value, {
        "accepted": report.passed,
        "criteria": _criteria(report),
        "figures": _figures(unseen, observed, conformal, limit),
        "conformal": conformal and {"coverage": conformal.coverage, "quantile": conformal.quantile},
        "cost_limit": limit,
        "coverage": settings.coverage,
        "widest_set": settings.widest_set,
        "base_rates": _base_rates(observed.levels),
        "slope": model.slope,
    }


def _criteria(report: "AcceptanceReport") -> list[dict[str, Any]]:
    return [{**asdict(one), "passed": one.passed} for one in report.criteria]


def _conformal(
    unseen: "Predicted", levels: IntArray, settings: ModelSettings
) -> "Conformal | None":
    from scoring_models.errors import TrainingDataError
    from scoring_models.scored.conformal import calibrate

    try:
        return calibrate(unseen.probabilities, levels, LOWEST, settings.conformal)
    except TrainingDataError:  # too few answers for any set of that coverage
        return None


def _figures(
    unseen: "Predicted", observed: Observed, conformal: "Conformal | None", limit: float
) -> dict[str, Any]:
    """Figures on answers that the model had not seen; None where they cannot be told."""
    from scoring_models import adjacent_agreement, exact_agreement
    from scoring_models.scored.selective import left_to_people

    human = observed.first
    sets = conformal.sets(unseen.probabilities) if conformal else None
    kept = ~left_to_people(unseen.cost, limit)
    return {
        "n_twice": int(np.isfinite(observed.second).sum()),
        "rmse": float(np.sqrt(np.mean((unseen.expected - human) ** 2))),
        "exact": exact_agreement(unseen.decided, human),
        "adjacent": adjacent_agreement(unseen.decided, human),
        "kappa": _kappa(unseen.decided, human),
        "kappa_when_sure": _kappa(unseen.decided[kept], human[kept]),
        "share_when_sure": float(kept.mean()),
        "levels_in_set": float(sets.sum(axis=1).mean()) if sets is not None else None,
    }


def _kappa(machine: IntArray, human: IntArray) -> float | None:
    from scoring_models import quadratic_weighted_kappa
    from scoring_models.errors import AgreementError

    try:
        return quadratic_weighted_kappa(machine, human)
    except AgreementError:
        return None


def _base_rates(levels: IntArray) -> list[float]:
    """Shares of the levels trained on, half an answer added to each, as the link presumes them."""
    counts = np.bincount(levels - LOWEST, minlength=HIGHEST - LOWEST + 1) + 0.5
    return [float(share) for share in counts / counts.sum()]
