from __future__ import annotations

import dataclasses
import io
import zipfile

import numpy as np
import numpy.typing as npt
import pytest
from scored_answers import synthetic, texts_of

from scoring_models import quadratic_weighted_kappa
from scoring_models.errors import ModelFileError, TrainingDataError
from scoring_models.scored import model, prior, store
from scoring_models.scored.features import Prompt, Texts

Synthetic = tuple[Texts, npt.NDArray[np.int_], Prompt]


@pytest.fixture(scope="module")
def answers() -> Synthetic:
    return synthetic(120, seed=1)


@pytest.fixture(scope="module")
def borrowed_prior() -> prior.Prior:
    """Learned on four prompts that share no word with the one tested."""
    features, relative = [], []
    for letter in "bdgk":
        facts = tuple(f"{letter}{i}kata {letter}{i}hal {letter}{i}guna" for i in range(5))
        texts, levels, prompt = synthetic(80, seed=ord(letter), facts=facts)
        features.append(prior.learn_prior_view(texts, prompt).features(texts))
        relative.append(levels / 5)
    return prior.fit_prior(features, relative)


@pytest.fixture(scope="module")
def trained(answers: Synthetic) -> model.Trained:
    return model.train_model(*answers, 0, 5, versions={"toy": "1"})


def test_unseen_answers_are_scored_well(trained: model.Trained) -> None:
    unseen, levels, _ = synthetic(150, seed=2)
    got = trained.model.score(unseen)
    assert quadratic_weighted_kappa(got.decided, levels) > 0.9
    assert got.probabilities.sum(axis=1) == pytest.approx(1)
    assert got.expected == pytest.approx(got.probabilities @ np.arange(6))
    squares = got.probabilities @ np.arange(6) ** 2
    assert got.spread == pytest.approx(np.sqrt(squares - got.expected**2))


def test_agreement_rises_where_a_fifth_is_left_to_people() -> None:
    unseen, levels, prompt = synthetic(400, seed=3, noise=0.8)
    fitted = model.train_model(unseen.take(np.arange(200)), levels[:200], prompt, 0, 5).model
    got = fitted.score(unseen.take(np.arange(200, 400)))
    kept = got.cost <= fitted.limit(0.8)
    assert kept.mean() == pytest.approx(0.8, abs=0.1)
    human = levels[200:]
    everything = quadratic_weighted_kappa(got.decided, human)
    assert quadratic_weighted_kappa(got.decided[kept], human[kept]) > everything + 0.01


def test_order_of_answers_has_no_effect(answers: Synthetic, trained: model.Trained) -> None:
    texts, levels, prompt = answers
    order = np.random.default_rng(5).permutation(len(levels))
    other = model.train_model(texts.take(order), levels[order], prompt, 0, 5, versions={"toy": "1"})
    assert store.to_bytes(other.model) == store.to_bytes(trained.model)
    assert np.array_equal(other.left_out.expected, trained.left_out.expected[order])


def test_left_out_prediction_does_not_know_the_own_score(answers: Synthetic) -> None:
    """The ridge's left-out latent of an answer is the same whatever that answer's score."""
    texts, levels, prompt = answers
    groups = model.copies(texts.texts)
    alone = next(int(rows[0]) for rows in groups if len(rows) == 1 and levels[rows[0]] == 4)
    first = model.train_model(texts, levels, prompt, 0, 5)
    moved = levels.copy()
    moved[alone] = 0
    second = model.train_model(texts, moved, prompt, 0, 5)
    # weights and link may shift a little with one score of 120; the prediction must not follow it
    assert second.left_out.expected[alone] == pytest.approx(first.left_out.expected[alone], abs=0.4)
    assert second.left_out.expected[alone] > 2.5


def test_contradicting_copies_are_reported(answers: Synthetic) -> None:
    texts, levels, prompt = answers
    doubled = Texts(
        (*texts.texts, texts.texts[7].upper() + "!"),
        {"toy": np.vstack([texts.vectors["toy"], texts.vectors["toy"][7:8]])},
    )
    other = 5 - levels[7]
    found = model.train_model(doubled, np.append(levels, other), prompt, 0, 5).contradictions
    pairs = [dict(zip(c.rows, c.scores, strict=True)) for c in found if 7 in c.rows]
    assert [(pair[7], pair[120]) for pair in pairs] == [(levels[7], other)]


def test_cross_validation_keeps_copies_together(answers: Synthetic) -> None:
    fold = model.folds_of(["Satu dua.", "tiga", "satu  DUA", "empat"], 2, seed=1)
    assert fold[0] == fold[2]
    texts, levels, prompt = answers
    got = model.cross_validate(texts, levels, prompt, 0, 5)
    assert quadratic_weighted_kappa(got.decided, levels) > 0.85


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: y[:-1], "120 answers and scores of shape"),
        (lambda y: np.where(np.arange(120) == 3, 6, y), "answer 3 has score 6"),
        (lambda y: np.where(np.arange(120) == 3, -1, y), "answer 3 has score -1"),
        (lambda y: y + 0.5, "expected a whole level"),
        (lambda y: y * 0 + 2, "one level"),
    ],
)
def test_scores_that_cannot_train(answers: Synthetic, change: object, message: str) -> None:
    texts, levels, prompt = answers
    with pytest.raises(TrainingDataError, match=message):
        model.train_model(texts, change(levels), prompt, 0, 5)  # type: ignore[operator]


def test_too_few_distinct_answers(answers: Synthetic) -> None:
    texts, _, prompt = answers
    rows = np.repeat(np.arange(9), 3)
    with pytest.raises(TrainingDataError, match="distinct answers came, expected 10"):
        model.train_model(texts.take(rows), np.arange(27) % 3, prompt, 0, 5)


def test_vectors_must_fit(trained: model.Trained) -> None:
    with pytest.raises(TrainingDataError, match="answers need toy vectors of 24"):
        trained.model.score(Texts(("akar",), {"other": np.ones((1, 24))}))
    with pytest.raises(TrainingDataError, match="expected one row a text"):
        Texts(("akar", "batang"), {"toy": np.ones((1, 24))})


def test_an_empty_answer_is_scored(trained: model.Trained) -> None:
    got = trained.model.score(texts_of([""]))
    assert np.isfinite(got.probabilities).all()
    assert got.expected[0] < 3


def test_saved_and_loaded_scores_equal_to_the_last_bit(trained: model.Trained) -> None:
    data = store.to_bytes(trained.model)
    loaded = store.from_bytes(data)
    unseen, _, _ = synthetic(40, seed=4)
    want, got = trained.model.score(unseen), loaded.score(unseen)
    for field in dataclasses.fields(want):
        assert np.array_equal(getattr(want, field.name), getattr(got, field.name))
    assert store.to_bytes(loaded) == data
    assert loaded.versions == {"toy": "1"}
    assert len(store.digest(data)) == 64


def test_a_prior_of_other_prompts_helps_a_prompt_with_some_scores(
    borrowed_prior: prior.Prior,
) -> None:
    unseen, truth, _ = synthetic(200, seed=52, noise=0.5)
    kappas = []
    for seed in (61, 62, 63):
        texts, levels, prompt = synthetic(25, seed=seed, noise=0.5)
        for which in (borrowed_prior, None):
            fitted = model.train_model(texts, levels, prompt, 0, 5, prior=which).model
            kappas.append(quadratic_weighted_kappa(fitted.score(unseen).decided, truth))
    assert np.mean(kappas[::2]) > np.mean(kappas[1::2]) + 0.005


def test_left_out_prediction_with_a_prior_is_that_of_other_answers(
    answers: Synthetic, borrowed_prior: prior.Prior
) -> None:
    """An answer left out is expected as by a model trained without it, to a fraction of a level."""
    texts, levels, prompt = answers
    fitted = model.train_model(texts, levels, prompt, 0, 5, prior=borrowed_prior)
    alone = [int(rows[0]) for rows in model.copies(texts.texts) if len(rows) == 1][:6]
    for row in alone:
        rest = np.flatnonzero(np.arange(len(levels)) != row)
        without = model.train_model(
            texts.take(rest), levels[rest], prompt, 0, 5, prior=borrowed_prior
        ).model.score(texts.take(np.array([row])))
        assert fitted.left_out.expected[row] == pytest.approx(without.expected[0], abs=0.25)


def test_a_model_with_a_prior_saved_and_loaded_scores_equal(
    answers: Synthetic, borrowed_prior: prior.Prior
) -> None:
    fitted = model.train_model(*answers, 0, 5, prior=borrowed_prior).model
    data = store.to_bytes(fitted)
    loaded = store.from_bytes(data)
    unseen, _, _ = synthetic(40, seed=4)
    assert np.array_equal(loaded.score(unseen).probabilities, fitted.score(unseen).probabilities)
    assert store.to_bytes(loaded) == data


def test_a_prior_does_not_count_an_answer_as_its_own_neighbour(answers: Synthetic) -> None:
    """Oracle: the ten nearest other texts, copies of the answer left out, one by one."""
    texts, _, prompt = answers
    rows = np.array([int(group[0]) for group in model.copies(texts.texts)])
    view, features = prior.prior_features(texts.take(rows), prompt)
    assert np.array_equal(view.features(texts.take(rows)), features)
    vectors = texts.vectors["toy"][rows]
    cosines = vectors @ vectors.T / np.outer(*[np.linalg.norm(vectors, axis=1)] * 2)
    nearest = [
        np.mean(sorted(c for c in row if c < 1 - 1e-9)[-10:]) for row in cosines.astype(float)
    ]
    found = [np.abs(column - nearest).max() for column in features.T]
    assert min(found) < 1e-9


def test_a_prior_needs_a_key(answers: Synthetic, borrowed_prior: prior.Prior) -> None:
    texts, levels, prompt = answers
    with pytest.raises(TrainingDataError, match="no key"):
        model.train_model(texts, levels, Prompt(prompt.question), 0, 5, prior=borrowed_prior)


def test_altered_bytes_are_refused(trained: model.Trained) -> None:
    data = store.to_bytes(trained.model)
    with pytest.raises(ModelFileError, match="not a model"):
        store.from_bytes(data[:1000])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "ridge/coefficients.npy":
                content = content[:-1] + bytes([content[-1] ^ 1])
            new.writestr(name, content)
    with pytest.raises(ModelFileError, match="altered"):
        store.from_bytes(out.getvalue())
