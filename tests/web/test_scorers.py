"""What a model of an item makes of an answer: opinion, abstention, and who decides."""

from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import numpy as np
import pytest
from trained_scorers import WordEncoder, written_at

from item_bank.models import ScoringModel
from scoring_models import EncoderVersion, Reason, ScoredAnswer, Versions
from scoring_models.scored.features import Prompt, Texts
from scoring_models.scored.model import AnswerModel, train_model
from web.usecases.scorer_evaluation import Observed, evaluation_of
from web.usecases.scorers import Opinion, Scorer, embed, opinion_of
from web.usecases.scoring_settings import ModelSettings

VERSION = EncoderVersion("uji", "1", "d" * 64)
ENCODER = cast(Any, WordEncoder())
SETTINGS = ModelSettings(coverage=0.8, conformal=0.9, widest_set=3)
LEVELS = np.array([1 + number % 5 for number in range(60)])


@pytest.fixture(scope="module")
def trained() -> tuple[AnswerModel, dict[str, Any]]:
    texts = [written_at(int(level), number) for number, level in enumerate(LEVELS)]
    answers = embed(texts, ENCODER, VERSION)
    made = train_model(answers, LEVELS, Prompt(Texts(())), 1, 5)
    second = np.full(60, np.nan)
    observed = Observed(LEVELS, LEVELS, second, [""] * 60, 60)
    _, evaluation = evaluation_of(made.model, made.left_out, observed, SETTINGS)
    return made.model, evaluation


def scorer(trained: tuple[AnswerModel, dict[str, Any]], **changes: Any) -> Scorer:
    model, evaluation = trained
    decides = changes.pop("decides", True)
    row = ScoringModel(
        item_id=uuid4(),
        number=3,
        digest="m" * 64,
        n_answers=160,
        n_scores=160,
        stage="automatic",
        evaluation={**evaluation, **changes},
        versions={"encoder": {"name": "uji", "digest": VERSION.digest}},
    )
    return Scorer(row, decides, lambda: model)


def rubrics(*reasons: Reason) -> ScoredAnswer:
    return ScoredAnswer(
        probabilities=(0.1, 0.5, 0.2, 0.1, 0.1),
        expected_level=2.6,
        shown=0.9,
        passages=(),
        indicators=(),
        decision="human" if reasons else "machine",
        reasons=reasons,
        base_rates=(0.2,) * 5,
        slope=1.5,
        versions=Versions(VERSION, "rubrik", "h" * 64, "r" * 64),
    )


def codes(opinion: Opinion) -> list[str]:
    return [reason["code"] for reason in opinion.reasons]


def test_without_a_model_the_rubric_advises_and_a_person_decides() -> None:
    opinion = opinion_of(rubrics(), "Saya melapor.", None, ENCODER)
    assert codes(opinion) == ["not_released"]
    assert (opinion.rater, opinion.level, opinion.span) == ("rubrik", 2, None)
    assert opinion.probabilities == [0.1, 0.5, 0.2, 0.1, 0.1]


def test_a_released_model_decides_what_it_is_sure_of(
    trained: tuple[AnswerModel, dict[str, Any]],
) -> None:
    opinion = opinion_of(rubrics(), written_at(4, 99), scorer(trained), ENCODER)
    assert opinion.reasons == []
    assert opinion.level == 4
    assert sum(opinion.probabilities) == pytest.approx(1.0)
    assert opinion.base_rates == pytest.approx((0.2,) * 5)
    model = trained[0]
    assert opinion.slope == pytest.approx(model.slope)
    assert opinion.span is not None
    assert opinion.span[0] <= 4 <= opinion.span[1]
    assert opinion.versions["model"] == {"number": 3, "digest": "m" * 64}
    assert opinion.versions["encoder"]["digest"] == VERSION.digest


def test_the_gates_reasons_stay_but_not_that_the_rubric_was_flat(
    trained: tuple[AnswerModel, dict[str, Any]],
) -> None:
    scored = rubrics(Reason("flat", {"entropy": 1.5}), Reason("off_topic", {"relatedness": -3.0}))
    assert codes(opinion_of(scored, written_at(4, 99), scorer(trained), ENCODER)) == ["off_topic"]
    without = opinion_of(scored, written_at(4, 99), None, ENCODER)
    assert codes(without) == ["flat", "off_topic", "not_released"]


def test_a_cost_above_the_models_limit_goes_to_a_person(
    trained: tuple[AnswerModel, dict[str, Any]],
) -> None:
    asked = scorer(trained, cost_limit=-9.0)
    opinion = opinion_of(rubrics(), written_at(4, 99), asked, ENCODER)
    (reason,) = opinion.reasons
    assert reason["code"] == "abstained"
    assert reason["data"]["cost"] > reason["data"]["limit"] == -9.0
    assert (reason["data"]["lowest"], reason["data"]["highest"]) == opinion.span


def test_too_wide_a_set_of_levels_goes_to_a_person(
    trained: tuple[AnswerModel, dict[str, Any]],
) -> None:
    everything = {"coverage": 0.9, "quantile": 1.0}
    wide = opinion_of(rubrics(), written_at(4, 99), scorer(trained, conformal=everything), ENCODER)
    assert wide.span == (1, 5)
    assert codes(wide) == ["abstained"]
    allowed = scorer(trained, conformal=everything, widest_set=5)
    assert codes(opinion_of(rubrics(), written_at(4, 99), allowed, ENCODER)) == []


def test_a_model_that_was_not_let_only_advises(
    trained: tuple[AnswerModel, dict[str, Any]],
) -> None:
    asked = scorer(trained, decides=False)
    opinion = opinion_of(rubrics(), written_at(4, 99), asked, ENCODER)
    assert codes(opinion) == ["not_released"]
    assert opinion.level == 4


def test_a_model_of_another_encoder_is_not_asked(
    trained: tuple[AnswerModel, dict[str, Any]],
) -> None:
    other = replace(VERSION, digest="e" * 64)
    scored = replace(rubrics(), versions=replace(rubrics().versions, encoder=other))
    opinion = opinion_of(scored, written_at(4, 99), scorer(trained), ENCODER)
    assert codes(opinion) == ["other_encoder"]
    assert opinion.level == 2


def test_an_empty_answer_is_not_read_by_the_model(
    trained: tuple[AnswerModel, dict[str, Any]],
) -> None:
    empty = replace(rubrics(Reason("empty", {"words": 0})), probabilities=None, expected_level=None)
    opinion = opinion_of(empty, "", scorer(trained), ENCODER)
    assert codes(opinion) == ["empty"]
    assert (opinion.probabilities, opinion.level) == ([], None)


def test_base_rates_are_the_shares_trained_on_with_half_an_answer_each(
    trained: tuple[AnswerModel, dict[str, Any]],
) -> None:
    levels = np.array([1] * 30 + [2] * 30)
    texts = [written_at(int(level), number) for number, level in enumerate(levels)]
    made = train_model(embed(texts, ENCODER, VERSION), levels, Prompt(Texts(())), 1, 5)
    observed = Observed(levels, levels, np.full(60, np.nan), [""] * 60, 60)
    stage, evaluation = evaluation_of(made.model, made.left_out, observed, SETTINGS)
    assert stage == "own"
    assert evaluation["base_rates"] == pytest.approx([30.5 / 62.5] * 2 + [0.5 / 62.5] * 3)
    assert evaluation["cost_limit"] == pytest.approx(np.quantile(made.left_out.cost, 0.8))
    names = [one["name"] for one in evaluation["criteria"]]
    assert names == [
        "kappa",
        "difference",
        "degradation",
        "subgroup difference",
        "calibration error",
    ]
