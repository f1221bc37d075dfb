"""Which model a number of scores calls for, and what the one that others taught rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scored_answers import synthetic, texts_of

from scoring_models.errors import ModelFileError
from scoring_models.scored import by_count, few, model, store, terms
from scoring_models.scored.features import Prompt, Texts

FACTS = tuple(
    tuple(f"{letter}{i}kata {letter}{i}hal {letter}{i}guna" for i in range(5))
    for letter in "bdgkmp"
)


def other(number: int, n: int = 60, read: list[int] | None = None) -> by_count.OtherPrompt:
    """Another prompt, that shares no word with the one tested; ``read`` notes what is read."""
    answers, scores, prompt = synthetic(n, seed=20 + number, facts=FACTS[number % len(FACTS)])

    def reading(texts: Sequence[str]) -> tuple[Texts, Prompt]:
        if read is not None:
            read.append(len(texts))
        return texts_of(list(texts)), prompt

    return by_count.OtherPrompt(answers.texts, scores, reading)


@pytest.fixture(scope="module")
def lesson() -> by_count.Lesson:
    found = by_count.learn_lesson([other(number) for number in range(5)], 0, 5)
    assert found is not None
    return found


def fitted(n: int, lesson: by_count.Lesson | None, more: Texts | None = None) -> by_count.Fitted:
    answers, scores, prompt = synthetic(n, seed=41)
    unscored = None if more is None else lambda: more
    return by_count.train_by_count(
        answers, scores, prompt, 0, 5, lesson=lambda: lesson, unscored=unscored
    )


def test_a_lesson_says_what_it_rests_on(lesson: by_count.Lesson) -> None:
    distinct = sum(len(model.copies(other(number).texts)) for number in range(5))
    assert (lesson.source.prompts, lesson.source.answers) == (5, distinct)
    assert lesson.source.sha256 == store.digest(store.shared_to_bytes(lesson.shared))


def test_four_other_prompts_teach_nothing_and_are_not_read() -> None:
    read: list[int] = []
    others = [other(number, read=read) for number in range(4)]
    assert by_count.learn_lesson([*others, other(4, n=39, read=read)], 0, 5) is None
    assert read == []


def test_a_prompt_without_a_key_teaches_nothing() -> None:
    silent = other(4)
    keyless = replace(
        silent, read=lambda texts: (texts_of(list(texts)), Prompt(texts_of(["apa guna ini"])))
    )
    assert by_count.learn_lesson([*(other(n) for n in range(4)), keyless], 0, 5) is None


def test_prompts_and_answers_of_a_lesson_are_bounded_and_of_one_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The five with most answers, 45 of each; the order that answers came in changes nothing."""
    monkeypatch.setattr(by_count, "MOST_PROMPTS", 5)
    monkeypatch.setattr(by_count, "MOST_ANSWERS", 45)
    read: list[int] = []
    others = [other(number, n=50 + 5 * number, read=read) for number in range(6)]
    found = by_count.learn_lesson(others, 0, 5)
    assert found is not None
    assert read == [45] * 5
    assert terms.character_terms.cache_info().currsize == 0  # nothing of them stays in memory
    assert (found.source.prompts, found.source.answers) == (5, 225)
    turned = [
        replace(one, texts=one.texts[::-1], scores=np.asarray(one.scores)[::-1])
        for one in others[1:]  # the one with fewest was not among the five
    ]
    again = by_count.learn_lesson(turned, 0, 5)
    assert again is not None
    assert again.source == found.source


@pytest.mark.parametrize(("n", "taught"), [(15, True), (80, False)])
def test_only_few_scores_call_for_the_lesson(lesson: by_count.Lesson, n: int, taught: bool) -> None:
    """15 texts differ 10 times or more; of 80 more than 40."""
    found = fitted(n, lesson)
    assert isinstance(found.model, few.FewModel if taught else model.AnswerModel)
    assert found.source == (lesson.source if taught else None)
    assert found.method == by_count.FOLDS
    assert found.unseen.probabilities.shape == (n, 6)
    assert found.limit(1.0) == found.costs.max()


def test_without_a_lesson_or_a_key_the_model_is_the_prompts_own(lesson: by_count.Lesson) -> None:
    answers, scores, prompt = synthetic(20, seed=41)
    keyless = Prompt(prompt.question)
    for given, others in ((prompt, None), (keyless, lesson)):
        found = by_count.train_by_count(
            answers, scores, given, 0, 5, lesson=lambda others=others: others
        )
        assert isinstance(found.model, model.AnswerModel)
        own = model.train_model(answers, scores, given, 0, 5).model
        assert store.to_bytes(found.model) == store.to_bytes(own)


def test_the_prediction_of_an_answer_knows_neither_its_score_nor_its_text(
    lesson: by_count.Lesson,
) -> None:
    """Its fold's model is the one that training without the fold gives, copies included."""
    answers, scores, prompt = synthetic(20, seed=41)
    answers = texts_of([*answers.texts, answers.texts[0].upper()])
    scores = np.append(scores, 5 - scores[0])
    found = by_count.train_by_count(answers, scores, prompt, 0, 5, lesson=lambda: lesson)
    fold = model.folds_of(answers.texts, 10, by_count._SEED)
    left, rest = np.flatnonzero(fold == fold[0]), np.flatnonzero(fold != fold[0])
    assert {0, 20} <= set(left)
    part = answers.take(rest)
    rows, means = by_count._distinct(part.texts, scores[rest])
    pool = part.take(rows)
    alone = few.train_few(lesson.shared, pool, np.arange(len(rows)), means, prompt, 0, 5)
    expected = alone.score(answers.take(left)).probabilities
    assert np.array_equal(found.unseen.probabilities[left], expected)


def test_unscored_answers_make_the_pool_and_scored_ones_among_them_count_once(
    lesson: by_count.Lesson,
) -> None:
    more, _, _ = synthetic(60, seed=43)
    with_copies = texts_of([*more.texts, *synthetic(15, seed=41)[0].texts])
    plain, wide, same = (
        fitted(15, lesson),
        fitted(15, lesson, more),
        fitted(15, lesson, with_copies),
    )
    unseen, _, _ = synthetic(30, seed=44)
    assert not np.allclose(
        plain.model.score(unseen).probabilities, wide.model.score(unseen).probabilities
    )
    assert store.to_bytes(same.model) == store.to_bytes(wide.model)


def test_a_model_of_few_scores_saved_and_loaded_scores_equal_to_the_last_bit(
    lesson: by_count.Lesson,
) -> None:
    more, _, _ = synthetic(60, seed=43)
    made = fitted(15, lesson, more).model
    data = store.to_bytes(made)
    loaded = store.from_bytes(data)
    assert isinstance(loaded, few.FewModel)
    unseen, _, _ = synthetic(30, seed=44)
    want, got = made.score(unseen), loaded.score(unseen)
    assert np.array_equal(want.probabilities, got.probabilities)
    assert np.array_equal(want.decided, got.decided)
    assert np.array_equal(want.cost, got.cost)
    assert loaded.slope == made.slope
    assert loaded.versions == {"prior": lesson.source.sha256}
    assert store.to_bytes(loaded) == data
    with pytest.raises(ModelFileError, match="expected what prompts share"):
        store.shared_from_bytes(data)


def test_in_a_small_pool_an_answer_is_as_near_to_others_as_a_new_one_would_be() -> None:
    """Nearest of five: an answer of the pool has four others, and is not its own neighbour."""
    from scoring_models.scored.prior import _alike

    cosines = np.full((5, 5), 0.5)
    np.fill_diagonal(cosines, 1.0)
    assert _alike(cosines) == pytest.approx(0.5)
    assert _alike(np.array([[0.9, 0.5, 0.5, 0.5, 0.5]])) == pytest.approx([0.6])
