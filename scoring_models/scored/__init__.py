"""Models trained on human scores of one prompt, from the first ten scores to automatic scoring."""

from scoring_models.scored.features import Prompt, Texts
from scoring_models.scored.few import (
    FewModel,
    Shared,
    learn_shared,
    rehearse,
    to_score_first,
    train_few,
)
from scoring_models.scored.model import (
    AnswerModel,
    Predicted,
    Trained,
    cross_validate,
    train_model,
)
from scoring_models.scored.stages import AcceptanceReport, Stage, acceptance, stage_of
from scoring_models.scored.store import (
    digest,
    from_bytes,
    shared_from_bytes,
    shared_to_bytes,
    to_bytes,
)

__all__ = [
    "AcceptanceReport",
    "AnswerModel",
    "FewModel",
    "Predicted",
    "Prompt",
    "Shared",
    "Stage",
    "Texts",
    "Trained",
    "acceptance",
    "cross_validate",
    "digest",
    "from_bytes",
    "learn_shared",
    "rehearse",
    "shared_from_bytes",
    "shared_to_bytes",
    "stage_of",
    "to_bytes",
    "to_score_first",
    "train_few",
    "train_model",
]
