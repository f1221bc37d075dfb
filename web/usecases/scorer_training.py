"""Training a model of one free-text item on people's ratings: when, on what, and what is kept."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from sqlmodel import Session, col, select

from item_bank.bank import ItemText, latest_texts
from item_bank.models import Item, ScoringModel, ScoringModelChoice
from item_bank.scorers import (
    HumanScores,
    choices_of,
    count_rated_answers,
    human_scores,
    trainings_of,
)
from web import jobs
from web.audit.chain import record
from web.errors import NotFoundError
from web.people.models import Person
from web.usecases.results import SOFTWARE
from web.usecases.scorer_data import (
    FairLevels,
    lesson_for,
    level_of,
    prompt_of,
    unscored_answers,
)
from web.usecases.scorer_evaluation import Observed, evaluation_of
from web.usecases.scorers import HIGHEST, LOWEST, embed
from web.usecases.scoring_settings import scoring_settings
from web.usecases.severity import training_table

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from scoring_models import EncoderVersion
    from scoring_models.scored.by_count import Fitted

SYSTEM = "system"
FIRST_MILESTONES = (10, 40, 150)
FURTHER = 50
SEX_DIGIT = 14


def milestone(n_answers: int) -> int:
    """The number at which a model is due, the last one that ``n_answers`` has reached; 0 for none.

    10, 40, 150, and every 50 from there.
    """
    if n_answers >= FIRST_MILESTONES[-1]:
        return n_answers - (n_answers - FIRST_MILESTONES[-1]) % FURTHER
    return max((at for at in FIRST_MILESTONES if n_answers >= at), default=0)


def train_if_due(session: Session, item_id: UUID) -> bool:
    """After a rating: ask for a training once a milestone is passed; whether one was asked for."""
    n_answers = count_rated_answers(session, [item_id]).get(item_id, 0)
    last = next(iter(trainings_of(session, item_id)), None)
    if milestone(n_answers) <= (last.n_answers if last else 0):
        return False
    ask_for_training(session, item_id, SYSTEM)
    return True


def ask_for_training(session: Session, item_id: UUID, asked_by: str) -> None:
    """Put a training into the queue, where none of this item waits already."""
    jobs.defer_once(
        session,
        jobs.train_scorer,
        f"train-{item_id}",
        item_id=str(item_id),
        asked_by=asked_by,
    )


def train(
    session: Session, item_id: UUID, encoder: "SentenceTransformer", asked_by: str = SYSTEM
) -> ScoringModel:
    """Train a model on all that people have rated, and keep it with its acceptance report.

    With 10 to 39 different answers it rests on what the bank's other items teach, where five or
    more of them have 40 or more; else on the item's own answers alone.
    Where it cannot be trained, the reason is kept in its place. A model that comes out as the
    newest one did is not kept twice. The new model advises from now on, unless one decides.

    Raises
    ------
    NotFoundError
        If there is no such free-text item.
    """
    from scoring_models import encoder_version
    from scoring_models.errors import ScoringError

    bank = latest_texts(session)
    text = next((one for one in bank if one.item.id == item_id), None)
    if text is None or text.item.kind != "free_text":
        raise NotFoundError("no such free-text item")
    answers = human_scores(session, item_id)
    version = encoder_version(encoder)
    versions = {
        "encoder": asdict(version),
        "item_version": text.version.version,
        "software": SOFTWARE,
    }
    made = ScoringModel(
        item_id=item_id,
        number=0,
        n_answers=len(answers),
        n_scores=_distinct(answers),
        stage="rubric",
        versions=versions,
        asked_by=asked_by,
    )
    try:
        fair = _fair_levels(session)
        fitted = _fitted(session, answers, fair, text, bank, encoder, version)
        _fill(made, answers, fair, _groups(session, answers), fitted)
    except ScoringError as error:
        made.problem = str(error)
    return _keep(session, made)


def _fitted(
    session: Session,
    answers: list[HumanScores],
    fair: FairLevels,
    text: ItemText,
    bank: Sequence[ItemText],
    encoder: "SentenceTransformer",
    version: "EncoderVersion",
) -> "Fitted":
    from scoring_models.scored.by_count import train_by_count

    item_id = text.item.id
    return train_by_count(
        embed([one.text for one in answers], encoder, version),
        [level_of(one, fair) for one in answers],
        prompt_of(text, encoder, version),
        LOWEST,
        HIGHEST,
        lesson=lambda: lesson_for(session, item_id, bank, fair, encoder, version),
        unscored=lambda: unscored_answers(session, item_id, encoder, version),
        versions={"encoder": str(version), "software": SOFTWARE},
    )


def _fill(
    made: ScoringModel,
    answers: list[HumanScores],
    fair: FairLevels,
    groups: list[str],
    fitted: "Fitted",
) -> None:
    from scoring_models.scored.store import digest, to_bytes

    observed = Observed(
        levels=np.array([level_of(one, fair) for one in answers], dtype=np.int_),
        first=np.array([one.levels[0] for one in answers], dtype=np.int_),
        second=np.array([one.levels[1] if len(one.levels) > 1 else np.nan for one in answers]),
        groups=groups,
        n_distinct=made.n_scores,
    )
    settings = scoring_settings().models
    stage, evaluation = evaluation_of(fitted.model, fitted.unseen, observed, settings)
    made.content = to_bytes(fitted.model)
    made.digest = digest(made.content)
    made.stage, made.evaluation = (
        stage,
        {
            **evaluation,
            "method": fitted.method,
            "prior": fitted.source and asdict(fitted.source),
            "n_fair": sum((one.sitting_id, one.position) in fair for one in answers),
            "n_adjudicated": sum(one.adjudicated is not None for one in answers),
        },
    )


def _keep(session: Session, made: ScoringModel) -> ScoringModel:
    session.exec(select(Item).where(Item.id == made.item_id).with_for_update()).one()
    last = next(iter(trainings_of(session, made.item_id)), None)
    if last is not None and (last.digest, last.problem, last.n_answers) == (
        made.digest,
        made.problem,
        made.n_answers,
    ):
        return last
    made.number = last.number + 1 if last else 1
    session.add(made)
    session.flush()
    record(
        session,
        made.asked_by,
        "scorer trained",
        str(made.item_id),
        number=made.number,
        digest=made.digest,
        answers=made.n_answers,
        stage=made.stage,
        problem=made.problem,
    )
    chosen = next(iter(choices_of(session, made.item_id)), None)
    if made.content is not None and not (chosen and chosen.decides):
        session.add(
            ScoringModelChoice(
                item_id=made.item_id, model_id=made.id, chosen_by=SYSTEM, reason="trained"
            )
        )
        session.flush()
    return made


def _fair_levels(session: Session) -> FairLevels:
    """Levels with each rater's severity taken off, where enough ratings tell it."""
    rows = training_table(session).rows
    return {(row.sitting_id, row.position): row.fair for row in rows}


def _distinct(answers: list[HumanScores]) -> int:
    from scoring_models.scored.terms import folded

    return len({folded(one.text) for one in answers})


def _groups(session: Session, answers: list[HumanScores]) -> list[str]:
    """The sex that each writer's NIP tells, empty where unknown; nothing else leaves this place."""
    writers = {one.candidate for one in answers}
    rows = session.exec(
        select(Person.candidate, Person.nip).where(col(Person.candidate).in_(writers))
    ).all()
    sex = {candidate: nip[SEX_DIGIT : SEX_DIGIT + 1] for candidate, nip in rows}
    return [sex.get(one.candidate, "") for one in answers]
