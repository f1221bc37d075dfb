"""Scoring free text: the worker's part.

Importing this module loads no scoring model: only the worker calls ``score_pending``, and only
there does torch come into the process.
"""

from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from sqlmodel import Session, col, select

from assessment_engine import Answered, Log, Scored
from item_bank.answer_vectors import keep_vector
from item_bank.bank import ItemText, parameter_sets, text_in_set
from item_bank.database import utcnow
from item_bank.log import append, lock_sitting, read_log
from item_bank.models import Item, ItemParameters, ItemVersion, Rating, Sitting
from item_bank.pool import shared_forms
from item_bank.ratings import count_human_ratings, ratings_of
from web.errors import NotFoundError
from web.usecases.level_hangs import level_hangs
from web.usecases.pasted import judge_against_others
from web.usecases.rating_calls import call_if_drawn
from web.usecases.scorers import Opinion, Scorer, opinion_of, scorer_in_use
from web.usecases.scoring_settings import ScoringSettings, scoring_settings
from web.usecases.settling import rescored

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from sentence_transformers import SentenceTransformer

    from scoring_models import (
        GamingCheck,
        GateSettings,
        PreparedRubric,
        Rubric,
        ScoredAnswer,
        SeverityLikelihood,
    )

log = structlog.get_logger()

LEFT = "left"
"""What ``score_pending`` says of an answer that it found scored or rated already."""


SCORER_FAILED = "scorer_failed"
LEVEL_HANGS = "level_hangs"


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the machine says of an answer; ``likelihood`` only where it may decide.

    ``span`` holds the lowest and the highest level that its conformal set leaves to the answer.
    """

    rater: str
    level: int | None = None
    probabilities: list[float] = field(default_factory=list)
    reasons: list[dict[str, Any]] = field(default_factory=list)
    passages: list[dict[str, Any]] = field(default_factory=list)
    indicators: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, Any] = field(default_factory=dict)
    likelihood: "SeverityLikelihood | None" = None
    vector: "npt.NDArray[np.float64] | None" = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Bank:
    """Rubrics and stems of a parameter set's free-text items, by item code."""

    rubrics: dict[str, dict[str, Any]]
    stems: dict[str, str]

    def frozen(self) -> "tuple[tuple[Rubric, ...], tuple[str, ...]]":
        """Both in the order of the codes, to be a cache's key."""
        return _as_rubrics(self.rubrics), tuple(self.stems[code] for code in sorted(self.rubrics))


def score_pending(
    session: Session, sitting_id: UUID, position: int, encoder_name: str | None
) -> str:
    """Let the machine rate one answer; its rating counts only where the gate lets it decide.

    Repeating changes nothing. Whatever stops the scorer leaves the answer to a person, with the
    reason. The sitting is locked only to write, since scoring takes longer than a candidate
    should wait.

    Returns
    -------
    str
        ``machine`` or ``human``, who decides; ``left`` where the answer was scored or rated before.

    Raises
    ------
    NotFoundError
        If there is no such free-text answer.
    """
    sitting = session.get(Sitting, sitting_id)
    if sitting is None:
        raise NotFoundError("no such sitting")
    events = read_log(session, sitting_id)
    answer = free_text_answer(events, position)
    if _is_settled(session, sitting_id, position, events):
        return LEFT
    text = text_in_set(session, sitting.parameter_set_id, answer.item)
    rubrics = _rubrics(session, sitting.parameter_set_id)
    n_human = count_human_ratings(session, text.item.id)
    bank = _Bank(rubrics, _stems(session, sitting.parameter_set_id))
    scorer = scorer_in_use(session, text.item.id)
    verdict = _verdict(answer, text, bank, n_human, encoder_name, scorer)
    lock_sitting(session, sitting_id)
    events = read_log(session, sitting_id)
    if _is_settled(session, sitting_id, position, events):
        return LEFT
    verdict = _without_pasted(session, sitting, answer, text, verdict)
    verdict = _held(session, sitting, events, position, verdict)
    rating = Rating(
        sitting_id=sitting_id,
        position=position,
        item_id=text.item.id,
        rater_kind="machine",
        rater=verdict.rater,
        level=verdict.level,
        probabilities=verdict.probabilities,
        decision="human" if verdict.likelihood is None else "machine",
        reasons=verdict.reasons,
        passages=verdict.passages,
        indicators=verdict.indicators,
        versions=verdict.versions,
    )
    session.add(rating)
    session.flush()
    if verdict.vector is not None:
        encoder = verdict.versions["encoder"]["digest"]
        keep_vector(session, (sitting_id, position), text.item.id, encoder, verdict.vector)
    if verdict.likelihood is not None:
        score = Scored(
            at_now(sitting, events),
            position,
            verdict.likelihood.average,
            "machine",
            str(rating.id),
            verdict.likelihood.by_node,
        )
        rescored(session, sitting, append(session, sitting_id, events, [score]))
        call_if_drawn(session, sitting, position, text.item.id, "read_behind")
    return rating.decision


def warm_up(session: Session, encoder_name: str | None) -> None:
    """Load the encoder and prepare the newest parameter set's rubrics, before the first answer.

    It takes some ten seconds, which the first answer would wait for otherwise.
    """
    newest = next(iter(parameter_sets(session)), None)
    if newest is not None:
        bank = _Bank(_rubrics(session, newest.id), _stems(session, newest.id))
        _gaming(encoder_name, *bank.frozen(), scoring_settings().gate.gaming_false_alarms)


def loaded_encoder(name: str | None) -> "SentenceTransformer":
    """The worker's encoder, loaded once a process."""
    return _encoder(name)


def free_text_answer(events: Log, position: int) -> Answered:
    """The free-text answer at ``position``; raises NotFoundError where there is none."""
    for event in events:
        if isinstance(event, Answered) and event.position == position and event.text is not None:
            return event
    raise NotFoundError("no free-text answer at this position")


def score_of(events: Log, position: int) -> Scored | None:
    """The score that stands for ``position``: the last one in the log."""
    found = [event for event in events if isinstance(event, Scored) and event.position == position]
    return found[-1] if found else None


def _is_settled(session: Session, sitting_id: UUID, position: int, events: Log) -> bool:
    rated = any(r.rater_kind == "machine" for r in ratings_of(session, sitting_id, position))
    return rated or score_of(events, position) is not None


def _verdict(
    answer: Answered,
    text: ItemText,
    bank: _Bank,
    n_human: int,
    encoder_name: str | None,
    scorer: Scorer | None,
) -> _Verdict:
    try:
        settings, written = scoring_settings(), answer.text or ""
        scored = _score(written, text, bank, n_human, encoder_name, settings.gate)
        vector = _encoder(encoder_name).encode(written, normalize_embeddings=True)
        opinion = opinion_of(scored, written, scorer, _encoder(encoder_name))
        return replace(_verdict_of(opinion, scored, settings), vector=vector)
    except Exception as error:  # whatever it is, a person can still rate the answer
        log.error("scorer failed", item=answer.item, exc_info=error)
        reason = {"code": SCORER_FAILED, "data": {"error": type(error).__name__}}
        return _Verdict(rater="machine", reasons=[reason])


def _score(
    written: str,
    text: ItemText,
    bank: _Bank,
    n_human: int,
    encoder_name: str | None,
    settings: "GateSettings",
) -> "ScoredAnswer":
    from scoring_models import Rubric, score_answer

    own = Rubric.from_mapping(text.body["rubric"])
    low, high = text.body["advised_words"]
    rubrics, stems = bank.frozen()
    return score_answer(
        written,
        text.question,
        _prepared(encoder_name, rubrics)[own.digest],
        _encoder(encoder_name),
        settings=settings,
        n_human_ratings=n_human,
        advised_words=(low, high),
        gaming=_gaming(encoder_name, rubrics, stems, settings.gaming_false_alarms),
    )


def _without_pasted(
    session: Session, sitting: Sitting, answer: Answered, text: ItemText, verdict: _Verdict
) -> _Verdict:
    """Leave an answer that holds another candidate's text to a person."""
    gate = scoring_settings().gate
    found = judge_against_others(
        session, sitting, answer.position, text.item.id, answer.text or "", text.question, gate
    )
    if not found:
        return verdict
    reasons = [{"code": reason.code, "data": dict(reason.data)} for reason in found]
    return replace(verdict, reasons=[*verdict.reasons, *reasons], likelihood=None)


def _as_rubrics(rubrics: dict[str, dict[str, Any]]) -> "tuple[Rubric, ...]":
    from scoring_models import Rubric

    return tuple(Rubric.from_mapping(rubrics[code]) for code in sorted(rubrics))


@lru_cache(maxsize=1)
def _encoder(name: str | None) -> "SentenceTransformer":
    from scoring_models import load_encoder

    return load_encoder(name)


@lru_cache(maxsize=4)
def _prepared(encoder_name: str | None, bank: "tuple[Rubric, ...]") -> "dict[str, PreparedRubric]":
    """Every rubric of a parameter set, each learning from all; seconds once a process."""
    from scoring_models import prepare_bank

    ready = prepare_bank(bank, _encoder(encoder_name))
    return {rubric.digest: prepared for rubric, prepared in zip(bank, ready, strict=True)}


@lru_cache(maxsize=4)
def _gaming(
    encoder_name: str | None,
    bank: "tuple[Rubric, ...]",
    stems: tuple[str, ...],
    false_alarms: float,
) -> "GamingCheck | None":
    """The check for gaming, learnt from the parameter set's rubrics; None for a small bank."""
    from scoring_models import GamingCheck
    from scoring_models.errors import SettingsError

    prepared = _prepared(encoder_name, bank)
    try:
        return GamingCheck.fit([prepared[r.digest] for r in bank], stems, false_alarms)
    except SettingsError as error:
        log.warning("no check for gaming", reason=str(error))
        return None


def _rubrics(session: Session, parameter_set_id: UUID) -> dict[str, dict[str, Any]]:
    """The rubrics of a parameter set's free-text items, by item code."""
    rows = session.exec(
        select(Item.code, ItemVersion.body)
        .join(ItemParameters, col(ItemParameters.item_id) == col(Item.id))
        .join(ItemVersion, col(ItemVersion.id) == col(ItemParameters.item_version_id))
        .where(ItemParameters.parameter_set_id == parameter_set_id, Item.kind == "free_text")
    ).all()
    return {code: body["rubric"] for code, body in rows}


def _stems(session: Session, parameter_set_id: UUID) -> dict[str, str]:
    """The stems of a parameter set's free-text items, by item code."""
    rows = session.exec(
        select(Item.code, ItemVersion.body)
        .join(ItemParameters, col(ItemParameters.item_id) == col(Item.id))
        .join(ItemVersion, col(ItemVersion.id) == col(ItemParameters.item_version_id))
        .where(ItemParameters.parameter_set_id == parameter_set_id, Item.kind == "free_text")
    ).all()
    return {code: body["stem"] for code, body in rows}


def _verdict_of(opinion: Opinion, scored: "ScoredAnswer", settings: ScoringSettings) -> _Verdict:
    from scoring_models import severity_likelihood

    likelihood = None
    if not opinion.reasons:
        likelihood = severity_likelihood(
            opinion.probabilities,
            opinion.base_rates,
            sd=settings.severity_sd,
            slope=opinion.slope,
        )
    return _Verdict(
        rater=opinion.rater,
        level=opinion.level,
        probabilities=opinion.probabilities,
        reasons=opinion.reasons,
        passages=[asdict(passage) for passage in scored.passages],
        indicators=[asdict(indicator) for indicator in scored.indicators],
        versions={**opinion.versions, **asdict(settings)},
        likelihood=likelihood,
        span=opinion.span,
    )


def _held(
    session: Session, sitting: Sitting, events: Log, position: int, verdict: _Verdict
) -> _Verdict:
    """The verdict, left to a person where the competency's reported level hangs on it."""
    if verdict.likelihood is None or verdict.span is None:
        return verdict
    form = shared_forms().get(session, sitting.assessment_id)
    hanging = level_hangs(form, events, position, verdict.span)
    if hanging is None:
        return verdict
    reason = {"code": LEVEL_HANGS, "data": asdict(hanging)}
    return replace(verdict, likelihood=None, reasons=[*verdict.reasons, reason])


def at_now(sitting: Sitting, events: Log) -> float:
    """Seconds since opening; never before the last event, should a clock step back."""
    elapsed = round((utcnow() - sitting.opened_at).total_seconds(), 3)
    return max(elapsed, events[-1].at)
