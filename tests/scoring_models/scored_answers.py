"""A synthetic prompt: five facts, an answer's level is how many of them it holds, with noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring_models.scored.features import Prompt, Texts

FACTS = (
    "akar menyerap air",
    "batang menopang daun",
    "daun menangkap cahaya",
    "bunga menarik lebah",
    "buah melindungi biji",
)
FILLERS = ("saya kira", "menurut buku", "pada umumnya", "kalau tidak salah", "seperti kita tahu")


def embed(texts: list[str], size: int = 24) -> npt.NDArray[np.float64]:
    """Return sums of one fixed random vector a word, as a sentence encoder in small."""
    rows = []
    for text in texts:
        words = text.split() or ["-"]
        vectors = [
            np.random.default_rng(list(word.encode())).normal(size=size) for word in sorted(words)
        ]
        rows.append(np.sum(vectors, axis=0) + 2.0)
    return np.array(rows)


def texts_of(texts: list[str]) -> Texts:
    return Texts(tuple(texts), {"toy": embed(texts)})


def synthetic(
    n: int, seed: int, noise: float = 0.3, facts: tuple[str, ...] = FACTS
) -> tuple[Texts, npt.NDArray[np.int_], Prompt]:
    """Return answers, their levels 0 to 5, and the prompt with its key."""
    rng = np.random.default_rng(seed)
    texts, levels = [], []
    for _ in range(n):
        known = rng.random(len(facts)) < rng.random()
        parts = [fact for fact, k in zip(facts, known, strict=True) if k]
        parts += [FILLERS[i] for i in rng.permutation(len(FILLERS))[: rng.integers(1, 4)]]
        texts.append(" ".join(parts[i] for i in rng.permutation(len(parts))))
        levels.append(int(np.clip(np.rint(known.sum() + noise * rng.normal()), 0, 5)))
    prompt = Prompt(texts_of(["apa guna bagian tumbuhan"]), texts_of([" ".join(facts)]))
    return texts_of(texts), np.array(levels), prompt
