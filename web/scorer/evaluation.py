"""From a model file and scored answers to a report, and the report as JSON."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter, ValidationError

from web.scorer.answers import LOWEST, AnswerFile
from web.scorer.encoded import Encoder, Question, by_item
from web.scorer.errors import ScorerFileError
from web.scorer.model_file import Scorer
from web.scorer.training import bank_digest, was_seen

if TYPE_CHECKING:
    from scoring_models.report import ScoringReport


def evaluate_file(
    scorer: Scorer, data: AnswerFile, bank: Mapping[str, Question], encoder: Encoder, seed: int
) -> "ScoringReport":
    """Score answers that the model did not learn from, and compare with people's levels.

    Raises
    ------
    ScorerFileError
        If encoder or bank are not the model's, or fewer than two answers are left.
    """
    from scoring_models.report import CurvePoint, Evaluated, evaluate
    from scoring_models.scored.conformal import Conformal
    from scoring_models.scored.model import gather
    from scoring_models.text import word_count

    _same("bank", bank_digest(bank), scorer.bank_sha256)
    _same("encoder", encoder.version, scorer.encoder)
    trained = {one.item: one for one in scorer.trained}
    without = [one for one in data.answers if one.item not in trained]
    learned = [
        one for one in data.answers if one.item in trained and was_seen(trained[one.item], one.text)
    ]
    out = {id(one) for one in (*without, *learned)}
    answers = [one for one in data.answers if id(one) not in out]
    if len(answers) < 2:
        raise ScorerFileError(
            [
                f"{data.name}: {len(answers)} answers are left to judge: {len(learned)} the model "
                f"learned from, {len(without)} are of prompts without a model; give other answers"
            ]
        )
    codes = [one.item for one in answers]
    parts = [
        (rows, scorer.model(code).score(encoder.texts([answers[row].text for row in rows])))
        for code, rows in by_item(codes).items()
    ]
    found = gather(parts, len(answers))
    left = found.cost > np.array([trained[code].limit for code in codes])
    sets = None
    if scorer.quantile is not None:
        sets = Conformal(scorer.coverage, scorer.quantile, {}).sets(found.probabilities)
    persons = [one.person for one in answers]
    given = Evaluated(
        codes,
        [trained[code].stage for code in codes],
        found.probabilities,
        found.decided,
        data.ratings(answers),
        LOWEST,
        np.array([word_count(one.text) for one in answers]),
        persons if all(persons) else None,
        {column: [one.groups[column] for one in answers] for column in data.columns},
        _features([one.text for one in answers]),
        sets,
        scorer.coverage if sets is not None else None,
        left,
    )
    return evaluate(
        given,
        facts=_facts(scorer, data, len(learned), len(without)),
        synthetic=data.synthetic or scorer.synthetic,
        curve=[CurvePoint(*point) for point in scorer.curve],
        seed=seed,
    )


def _facts(scorer: Scorer, data: AnswerFile, learned: int, without: int) -> dict[str, str]:
    return {
        "model": scorer.digest,
        "encoder": scorer.encoder,
        "bank": scorer.bank_sha256,
        "training_data": f"{scorer.data}, {scorer.data_sha256}",
        "data": f"{data.name}, {data.digest}",
        "learned_from": str(learned),
        "without_model": str(without),
    }


def write_evaluation(report: "ScoringReport", path: Path) -> None:
    """Write a report's numbers as JSON.

    Raises
    ------
    DocumentError
        If the file cannot be written.
    """
    from calibration.documents.content import replace_file
    from scoring_models.report import ScoringReport

    replace_file(path, TypeAdapter(ScoringReport).dump_json(report, indent=1) + b"\n")


def read_evaluation(path: Path) -> "ScoringReport":
    """Read what ``write_evaluation`` wrote.

    Raises
    ------
    ScorerFileError
        If it is something else.
    """
    from scoring_models.report import ScoringReport

    try:
        return TypeAdapter(ScoringReport).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise ScorerFileError(
            [f"{path.name}: not an evaluation of takar score evaluate: {first}; make it anew"]
        ) from error


def _features(texts: list[str]) -> dict[str, "np.ndarray[tuple[int], np.dtype[np.float64]]"]:
    """What should not sway a score beside length: sentences, short forms, mean word length."""
    from scoring_models.text import sentences, words
    from scoring_models.words import SHORT_FORMS

    tokens = [words(text) for text in texts]
    return {
        "sentences": np.array([len(sentences(text)) for text in texts], dtype=np.float64),
        "short_forms": np.array(
            [sum(word in SHORT_FORMS for word in own) / max(len(own), 1) for own in tokens]
        ),
        "word_length": np.array([sum(map(len, own)) / max(len(own), 1) for own in tokens]),
    }


def _same(what: str, came: str, expected: str) -> None:
    if came != expected:
        raise ScorerFileError(
            [
                f"the {what} is {came[:64]}, the model was trained with {expected[:64]}; give that "
                f"{what}, or train anew"
            ]
        )
