from __future__ import annotations

import numpy as np
import pytest
from scored_answers import synthetic

from scoring_models import quadratic_weighted_kappa
from scoring_models.errors import ModelFileError, SettingsError, TrainingDataError
from scoring_models.scored import diversity, few, model, selective, store, terms

OTHER_FACTS = tuple(
    tuple(f"{letter}{i}kata {letter}{i}hal {letter}{i}guna" for i in range(5))
    for letter in "bdgkmp"
)


@pytest.fixture(scope="module")
def shared() -> few.Shared:
    """Learned on six prompts that share no word with the one tested."""
    others = [synthetic(80, seed=20 + i, facts=facts) for i, facts in enumerate(OTHER_FACTS)]
    return few.learn_shared([few.rehearse(*other, 0, 5) for other in others])


def test_ten_scores_with_other_prompts_beat_ten_alone(shared: few.Shared) -> None:
    """Mean kappa over four pools of answers."""
    unseen, truth, _ = synthetic(200, seed=32, noise=0.5)
    kappas = []
    for seed in (41, 42, 43, 44):
        pool, levels, prompt = synthetic(150, seed=seed, noise=0.5)
        rows = few.to_score_first(pool, 10)
        helped = few.train_few(shared, pool, rows, levels[rows], prompt, 0, 5).score(unseen)
        alone = model.train_model(pool.take(rows), levels[rows], prompt, 0, 5).model.score(unseen)
        assert helped.probabilities.sum(axis=1) == pytest.approx(1)
        kappas.append([quadratic_weighted_kappa(p.decided, truth) for p in (helped, alone)])
    helped_mean, alone_mean = np.mean(kappas, axis=0)
    assert helped_mean > 0.8
    assert helped_mean > alone_mean + 0.02


def test_scores_move_the_prior(shared: few.Shared) -> None:
    """The same answers, all scored two levels lower, are expected lower by most of that."""
    pool, levels, prompt = synthetic(100, seed=33)
    rows = few.to_score_first(pool, 20)
    got = [
        few.train_few(shared, pool, rows, scores, prompt, 0, 5).score(pool).expected.mean()
        for scores in (levels[rows], np.maximum(levels[rows] - 2, 0))
    ]
    assert got[0] - got[1] > 0.7


def test_shared_saved_and_loaded_scores_equal_to_the_last_bit(shared: few.Shared) -> None:
    pool, levels, prompt = synthetic(60, seed=35)
    rows = few.to_score_first(pool, 10)
    data = store.shared_to_bytes(shared)
    want, got = (
        few.train_few(s, pool, rows, levels[rows], prompt, 0, 5).score(pool).probabilities
        for s in (shared, store.shared_from_bytes(data))
    )
    assert np.array_equal(want, got)
    assert store.shared_to_bytes(store.shared_from_bytes(data)) == data
    with pytest.raises(ModelFileError, match="expected a model of one prompt"):
        store.from_bytes(data)


def test_few_scores_that_cannot_train(shared: few.Shared) -> None:
    pool, _, prompt = synthetic(30, seed=34)
    with pytest.raises(TrainingDataError, match="0 answers and 0 scores"):
        few.train_few(shared, pool, np.zeros(0, int), np.zeros(0, int), prompt, 0, 5)
    with pytest.raises(TrainingDataError, match="outside the scale"):
        few.train_few(shared, pool, np.array([1]), np.array([6]), prompt, 0, 5)
    with pytest.raises(TrainingDataError, match="expected 5 or more"):
        few.learn_shared([])


def test_diverse_answers_come_one_from_each_cluster() -> None:
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(6, 8)) * 10
    points = np.repeat(centres, 30, axis=0) + rng.normal(size=(180, 8))
    chosen = diversity.diverse_order(points, 6)
    assert sorted(chosen // 30) == [0, 1, 2, 3, 4, 5]
    order = rng.permutation(180)
    again = order[diversity.diverse_order(points[order], 6)]
    assert np.array_equal(again, chosen)
    assert len(set(diversity.diverse_order(points, 180))) == 180
    with pytest.raises(SettingsError, match="181 answers asked for"):
        diversity.diverse_order(points, 181)


def test_next_to_score_takes_unsure_unscored_answers() -> None:
    rng = np.random.default_rng(2)
    points, risks = rng.normal(size=(100, 4)), np.arange(100.0)
    scored = np.arange(100) >= 90
    chosen = diversity.next_to_score(points, scored, risks, 5)
    assert len(set(chosen)) == 5
    assert chosen.min() >= 75
    assert chosen.max() < 90


def test_selection_keeps_the_subset_of_greatest_expected_kappa() -> None:
    """Oracle: every subset of 8 of 10 answers, tried one by one."""
    from itertools import combinations

    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.ones(5) * 0.5, size=10)
    decided = np.rint(p @ np.arange(5)).astype(int)
    selection = selective.learn_selection(p, decided, 0, coverage=0.8)
    cost = selection.costs(p, decided, 0)
    kept = set(np.argsort(cost)[:8].tolist())

    risk = (p * (np.arange(5) - decided[:, None]) ** 2).sum(axis=1)
    centre = (p @ np.arange(5)).mean()
    weight = p @ (np.arange(5) - centre) ** 2 + (decided - centre) ** 2
    best = min(
        combinations(range(10), 8), key=lambda s: risk[list(s)].sum() / weight[list(s)].sum()
    )
    assert kept == set(best)
    plain = set(np.argsort(risk)[:8].tolist())
    assert plain != kept  # the case tells the two rules apart


def test_wide_sets_go_to_people() -> None:
    sets = np.array([[True, True, True], [True, False, False]])
    left = selective.left_to_people(np.array([0.0, 0.9]), 0.5, sets, widest_set=2)
    assert left.tolist() == [True, True]
    assert selective.left_to_people(np.array([0.0, 0.9]), 0.5).tolist() == [False, True]


def test_short_forms_and_copies() -> None:
    assert terms.plain_words("Krn yg LAPARRR tdk 2x") == (
        "karena",
        "yang",
        "lapar",
        "tidak",
        "2x",
    )
    assert terms.folded("Satu, DUA!  tiga") == "satu dua tiga"
    assert terms.character_terms("ab") == (" a", "ab", "b ", " ab", "ab ", " ab ", " ab ")


def test_term_vectors_by_hand() -> None:
    """idf(a) = ln(3/3) + 1 = 1, idf(b) = ln(3/2) + 1; (1 + ln 2) for a twice."""
    space = terms.learn_terms([["a", "a", "b"], ["a"]])
    row = space.vectors([["a", "a", "b", "unknown"]]).toarray()[0]
    expected = np.array([1 + np.log(2), 1 + np.log(1.5)])
    assert row == pytest.approx(expected / np.linalg.norm(expected))
