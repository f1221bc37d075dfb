"""The gate's check for gaming, learnt from a bank's own rubrics as soon as they are prepared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.evidence import Reading
from scoring_models.gaming.detector import Detector, Finding
from scoring_models.gaming.signs import SIGNS, Language, Question, measure
from scoring_models.gaming.topics import Topics
from scoring_models.perturb import perturb
from scoring_models.plain import plain
from scoring_models.prepared import PreparedRubric
from scoring_models.text import language, sentences

FloatArray = npt.NDArray[np.float64]

_N_PARTS = 3
_COPIED = SIGNS.index("copied")
_OF_INDONESIAN = [SIGNS.index(sign) for sign in ("letters", "order", "link", "weak_link", "apart")]
# how far from the usual answers may lie, in units of anchors, which are tidier (decision 11)
_SPREAD = {
    **dict.fromkeys(("letters", "foreign", "most_foreign", "order", "link", "weak_link"), 2.5),
    **dict.fromkeys(("bare", "astray", "apart"), 1.4),
}
_SLACK = np.array([_SPREAD.get(sign, 1.0) for sign in SIGNS])


@dataclass(frozen=True)
class Gamed:
    """What the check says of an answer; ``copied`` is how much it shares with the question."""

    finding: Finding
    copied: float


@dataclass(frozen=True)
class GamingCheck:
    """A detector with what it needs to know of every question of a bank.

    Answers in English have one of their own, without the signs that only Indonesian texts can show.
    """

    detector: Detector
    english: Detector
    language: Language
    topics: Topics
    questions: Mapping[str, Question]
    places: Mapping[str, int]

    @classmethod
    def fit(
        cls, bank: Sequence[PreparedRubric], prompts: Sequence[str], false_alarms: float
    ) -> GamingCheck:
        """Learn from the anchors and negative anchors of a bank's rubrics.

        What follows what is learnt apart from the rubric whose texts set the limit, so that they
        are as new as a candidate's. Spelling and fluency are those of anchors with typing errors.

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
        texts = [
            [_plain(prompt), *map(_said, p.texts)] for prompt, p in zip(prompts, bank, strict=True)
        ]
        topics = Topics.of(
            [[*own[1:], own[0]] for own in texts],
            [np.array([_vector(reading) for reading in p.texts]) for p in bank],
        )
        signs, n_words, names = [], [], []
        for part in range(_N_PARTS):
            others = [t for i, own in enumerate(texts) if i % _N_PARTS != part for t in own]
            known = Language.fit(others)
            for i in range(part, len(bank), _N_PARTS):
                for k, said in enumerate(texts[i][1:]):
                    question = Question.of(texts[i][0], [t for t in texts[i][1:] if t != said])
                    about, typed = topics.evidence_of(i, k), perturb(said, "typos", seed=k)
                    signs.append(measure(said, question, known, about, i, spelt=typed))
                    n_words.append(float(len(said.split())))
                    names.append(digests[i])
        measured = np.array(signs).reshape(-1, len(SIGNS))
        lengths = np.array(n_words)
        detector = Detector.fit(measured, lengths, names, false_alarms, slack=_SLACK)
        measured[:, _OF_INDONESIAN] = 0.0
        english = Detector.fit(measured, lengths, names, false_alarms)
        questions = {d: Question.of(own[0], own[1:]) for d, own in zip(digests, texts, strict=True)}
        places = {digest: i for i, digest in enumerate(digests)}
        known = Language.fit([text for own in texts for text in own])
        return cls(detector, english, known, topics, questions, places)

    def judge(self, answer: Reading, digest: str) -> Gamed:
        """Judge an answer to the question whose rubric has ``digest``.

        An answer in English is not judged by what only Indonesian texts have shown; the model of
        fluency has learnt both.
        """
        said, place = _said(answer), self.places[digest]
        about = self.topics.evidence(said, _vector(answer))
        signs = measure(said, self.questions[digest], self.language, about, place)
        detector = self.detector
        if language(answer.text) == "en":
            detector, signs[_OF_INDONESIAN] = self.english, 0.0
        finding = detector.judge(signs, len(said.split()))
        return Gamed(finding, float(signs[_COPIED]))


def _said(reading: Reading) -> str:
    """Return an answer as the scorer reads it: chat spelling and regional words made plain."""
    return " ".join(piece for piece in reading.plain if piece) or reading.text


def _plain(text: str) -> str:
    return " ".join(plain(piece) for piece in sentences(text))


def _vector(reading: Reading) -> FloatArray:
    return np.asarray(reading.vectors.mean(axis=0))
