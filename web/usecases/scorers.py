"""What the machine says of an answer: by the item's model where it has one, else by its rubric.

A model of the item may decide only after it was accepted and a psychometrician let it; until then,
and whenever it abstains, its distribution is advice.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from sqlmodel import Session

from item_bank.models import ScoringModel
from item_bank.scorers import choices_of, model_content, scoring_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from scoring_models import EncoderVersion, ScoredAnswer
    from scoring_models.scored.features import Texts
    from scoring_models.scored.store import PromptModel

LOWEST, HIGHEST = 1, 5
NOT_RELEASED = "not_released"
ABSTAINED = "abstained"
OTHER_ENCODER = "other_encoder"
RUBRIC_ONLY = {"flat"}
"""Reasons that speak of the rubric's distribution, which a model's takes the place of."""
MOST_LOADED = 16


@dataclass(frozen=True, slots=True)
class Scorer:
    """The model that an item uses; ``decides`` only where it was let and its stage allows it."""

    row: ScoringModel
    decides: bool
    load: "Callable[[], PromptModel]"


@dataclass(frozen=True, slots=True)
class Opinion:
    """The machine's word on an answer.

    ``reasons`` why a person decides are empty where the machine may. ``span`` holds the lowest and
    the highest level of the conformal set, for a model's opinion.
    """

    rater: str
    probabilities: list[float]
    level: int | None
    base_rates: tuple[float, ...]
    slope: float
    reasons: list[dict[str, Any]]
    versions: dict[str, Any]
    span: tuple[int, int] | None = None


@dataclass(slots=True)
class _LoadedModels:
    """The models that this process used last; a model never changes."""

    kept: "OrderedDict[UUID, PromptModel]" = field(default_factory=OrderedDict)

    def get(self, session: Session, model_id: UUID) -> "PromptModel":
        from scoring_models.scored.store import from_bytes

        if model_id not in self.kept:
            self.kept[model_id] = from_bytes(model_content(session, model_id))
        self.kept.move_to_end(model_id)
        while len(self.kept) > MOST_LOADED:
            self.kept.popitem(last=False)
        return self.kept[model_id]


_loaded = _LoadedModels()


def scorer_in_use(session: Session, item_id: UUID) -> Scorer | None:
    """The model that an item uses by the last choice; None where it has none."""
    from scoring_models.scored.stages import Stage, machine_may_decide

    last = next(iter(choices_of(session, item_id)), None)
    if last is None or last.model_id is None:
        return None
    row = scoring_model(session, last.model_id)
    if row is None:
        return None
    return Scorer(
        row=row,
        decides=last.decides and machine_may_decide(Stage(row.stage)),
        load=lambda: _loaded.get(session, row.id),
    )


def opinion_of(
    scored: "ScoredAnswer", written: str, scorer: Scorer | None, encoder: "SentenceTransformer"
) -> Opinion:
    """The model's opinion, or the rubric's where there is no model that can read the answer.

    Parameters
    ----------
    scored : ScoredAnswer
        The rubric's: its passages, its gate, and its distribution where no model gives one.
    written : str
        The answer.
    scorer : Scorer, optional
        The model that the item uses.
    encoder : SentenceTransformer
        This process's encoder; a model trained with another one is not asked.
    """
    if scorer is None or scored.probabilities is None:
        return _rubrics_opinion(scored, [_reason(NOT_RELEASED)] if scorer is None else [])
    trained_with = scorer.row.versions["encoder"]
    if trained_with["digest"] != scored.versions.encoder.digest:
        return _rubrics_opinion(scored, [_reason(OTHER_ENCODER, trained=trained_with["name"])])
    return _models_opinion(scored, embed([written], encoder, scored.versions.encoder), scorer)


def embed(written: list[str], encoder: "SentenceTransformer", version: "EncoderVersion") -> "Texts":
    """Whole answers with their vectors, under the encoder's name."""
    from scoring_models.scored.features import Texts

    if not written:
        return Texts(())
    vectors = encoder.encode(written, show_progress_bar=False, convert_to_numpy=True)
    return Texts(tuple(written), {version.name: np.asarray(vectors, dtype=np.float64)})


def _models_opinion(scored: "ScoredAnswer", answer: "Texts", scorer: Scorer) -> Opinion:
    from scoring_models.scored.conformal import Conformal
    from scoring_models.scored.selective import left_to_people

    kept = scorer.row.evaluation
    found = scorer.load().score(answer)
    reasons = [one for one in _gates_reasons(scored) if one["code"] not in RUBRIC_ONLY]
    span, sets = (LOWEST, HIGHEST), None
    if kept["conformal"] is not None:
        sets = Conformal(kept["conformal"]["coverage"], kept["conformal"]["quantile"], {}).sets(
            found.probabilities
        )
        inside = np.flatnonzero(sets[0])
        span = (int(inside[0]) + LOWEST, int(inside[-1]) + LOWEST)
    if left_to_people(found.cost, kept["cost_limit"], sets, kept["widest_set"])[0]:
        data = {"cost": float(found.cost[0]), "limit": kept["cost_limit"]}
        reasons.append(_reason(ABSTAINED, **data, lowest=span[0], highest=span[1]))
    if not scorer.decides:
        reasons.append(_reason(NOT_RELEASED, stage=scorer.row.stage))
    return Opinion(
        rater=f"model-{scorer.row.number}",
        probabilities=[float(share) for share in found.probabilities[0]],
        level=int(found.decided[0]),
        base_rates=tuple(kept["base_rates"]),
        slope=kept["slope"],
        reasons=reasons,
        versions={
            **asdict(scored.versions),
            "model": {"number": scorer.row.number, "digest": scorer.row.digest},
        },
        span=span,
    )


def _rubrics_opinion(scored: "ScoredAnswer", more: list[dict[str, Any]]) -> Opinion:
    shares = list(scored.probabilities or ())
    return Opinion(
        rater=scored.versions.head,
        probabilities=shares,
        level=shares.index(max(shares)) + LOWEST if shares else None,
        base_rates=scored.base_rates,
        slope=scored.slope,
        reasons=[*_gates_reasons(scored), *more],
        versions=asdict(scored.versions),
    )


def _gates_reasons(scored: "ScoredAnswer") -> list[dict[str, Any]]:
    return [_reason(reason.code, **reason.data) for reason in scored.reasons]


def _reason(code: str, **data: Any) -> dict[str, Any]:
    return {"code": code, "data": data}
