"""The gate's check for gaming, learnt from a bank's own rubrics as soon as they are prepared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.evidence import Reading
from scoring_models.gaming.detector import Detector, Finding
from scoring_models.gaming.signs import SIGNS, Bearings, Language, Question, measure
from scoring_models.prepared import PreparedRubric

FloatArray = npt.NDArray[np.float64]

_N_PARTS = 3
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
        """Learn from the anchors and negative anchors of a bank's rubrics.

        What follows what is learnt apart from the rubric whose texts set the limit, so that they
        are as new as a candidate's.

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
            language = Language.fit(others)
            for i in range(part, len(bank), _N_PARTS):
                for k, reading in enumerate(bank[i].texts):
                    rest = [t for t in texts[i][1:] if t != reading.text]
                    question = Question.of(prompts[i], rest)
                    near = bearings.without(i, k).relatedness(_vector(reading))
                    signs.append(measure(reading.text, question, language, near, i))
                    n_words.append(float(len(reading.text.split())))
                    names.append(digests[i])
        detector = Detector.fit(
            np.array(signs).reshape(-1, len(SIGNS)), np.array(n_words), names, false_alarms
        )
        language = Language.fit([text for own in texts for text in own])
        places = {digest: i for i, digest in enumerate(digests)}
        return cls(detector, language, bearings, questions, places)

    def judge(self, answer: Reading, digest: str) -> Gamed:
        """Judge an answer to the question whose rubric has ``digest``."""
        near = self.bearings.relatedness(_vector(answer))
        place = self.places[digest]
        signs = measure(answer.text, self.questions[digest], self.language, near, place)
        finding = self.detector.judge(signs, len(answer.text.split()))
        return Gamed(finding, float(signs[_COPIED]))


def _texts(prepared: PreparedRubric) -> list[str]:
    return [reading.text for reading in prepared.texts]


def _vector(reading: Reading) -> FloatArray:
    return np.asarray(reading.vectors.mean(axis=0))
