"""The gate's check for gaming, learnt from a bank's own rubrics as soon as they are prepared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from scoring_models.evidence import Reading
from scoring_models.gaming.detector import Detector, Finding
from scoring_models.gaming.signs import SIGNS, Bearings, Language, Question, measure
from scoring_models.perturb import CHANGES, perturb
from scoring_models.prepared import PreparedRubric

FloatArray = npt.NDArray[np.float64]

_N_PARTS = 3
_MOST_JOINED = 5
_COPIED = SIGNS.index("copied")


@dataclass(frozen=True)
class Gamed:
    """What the check says of an answer; ``copied`` is how much it shares with the question."""

    finding: Finding
    copied: float


@dataclass(frozen=True)
class GamingCheck:
    """A detector with what it needs to know of every question of a bank."""

    detector: Detector
    language: Language
    bearings: Bearings
    questions: Mapping[str, Question]
    places: Mapping[str, int]

    @classmethod
    def fit(
        cls, bank: Sequence[PreparedRubric], prompts: Sequence[str], false_alarms: float
    ) -> GamingCheck:
        """Learn from the anchors and negative anchors of a bank's rubrics, made rough.

        Anchors are one tidy sentence each, and candidates write several, mistype, chat and mix
        languages; so anchors come changed as ``perturb`` changes texts, and every other one joined
        with more of its question. What follows what is learnt apart from the rubric whose texts set
        the limit, so that they are as new as a candidate's.

        Parameters
        ----------
        bank : sequence of PreparedRubric
            Two or more rubrics with 40 or more texts between them.
        prompts : sequence of str
            The stem that goes with each.
        false_alarms : float
            Share of the bank's own texts that may be flagged.

        Raises
        ------
        SettingsError
            If the bank is too small.
        """
        digests = [prepared.rubric.digest for prepared in bank]
        texts = [[prompt, *_texts(p)] for prompt, p in zip(prompts, bank, strict=True)]
        questions = {d: Question.of(own[0], own[1:]) for d, own in zip(digests, texts, strict=True)}
        bearings = Bearings.of([np.array([_vector(r) for r in p.texts]) for p in bank])
        signs, n_words, names = [], [], []
        for part in range(_N_PARTS):
            others = [t for i, own in enumerate(texts) if i % _N_PARTS != part for t in own]
            language = Language.fit(_with_changes(others))
            for i in range(part, len(bank), _N_PARTS):
                for rough in _rough(bank[i].texts, i):
                    rest = [t for k, t in enumerate(texts[i][1:]) if k not in rough.of]
                    question = Question.of(prompts[i], rest)
                    near = bearings.without(i, rough.of).relatedness(rough.vector)
                    signs.append(measure(rough.text, question, language, near, i))
                    n_words.append(float(len(rough.text.split())))
                    names.append(digests[i])
        detector = Detector.fit(
            np.array(signs).reshape(-1, len(SIGNS)), np.array(n_words), names, false_alarms
        )
        language = Language.fit(_with_changes([text for own in texts for text in own]))
        places = {digest: i for i, digest in enumerate(digests)}
        return cls(detector, language, bearings, questions, places)

    def judge(self, answer: Reading, digest: str) -> Gamed:
        """Judge an answer to the question whose rubric has ``digest``."""
        near = self.bearings.relatedness(_vector(answer))
        place = self.places[digest]
        signs = measure(answer.text, self.questions[digest], self.language, near, place)
        finding = self.detector.judge(signs, len(answer.text.split()))
        return Gamed(finding, float(signs[_COPIED]))


@dataclass(frozen=True)
class _Rough:
    """A text as a candidate may write it, from the anchors ``of`` which it is made."""

    text: str
    vector: FloatArray
    of: tuple[int, ...]


def _rough(anchors: Sequence[Reading], seed: int) -> list[_Rough]:
    """Anchors alone and joined with others of the question, by turns; most of them changed."""
    random, found = Random(seed), []  # noqa: S311 - a repeatable draw, no secret
    for k in range(len(anchors)):
        others = [i for i in range(len(anchors)) if i != k]
        n_joined = min(len(others), random.randint(1, _MOST_JOINED - 1)) if k % 2 else 0
        of = (k, *random.sample(others, n_joined))
        change = random.choice((None, *CHANGES))
        text = " ".join(anchors[i].text for i in of)
        if change is not None:
            text = perturb(text, change, seed=random.randrange(1 << 30))
        vector = np.vstack([anchors[i].vectors for i in of]).mean(axis=0)
        found.append(_Rough(text, vector, of))
    return found


def _with_changes(texts: Sequence[str]) -> list[str]:
    """Texts as they are and once more, each changed in one way."""
    changed = [perturb(t, CHANGES[i % len(CHANGES)], seed=i) for i, t in enumerate(texts)]
    return [*texts, *changed]


def _texts(prepared: PreparedRubric) -> list[str]:
    return [reading.text for reading in prepared.texts]


def _vector(reading: Reading) -> FloatArray:
    return np.asarray(reading.vectors.mean(axis=0))
