"""How far words are spelt like words: runs of letters seen in texts that people wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from scoring_models.text import words

_ORDER = 3
_PRIOR_COUNT = 3.0
_ALPHABET = 28
_START, _END = "^" * _ORDER, "$"


@dataclass(frozen=True)
class Letters:
    """A model of four-letter runs, each shrunk to the shorter one."""

    runs: Mapping[str, int]
    contexts: Mapping[str, int]

    @classmethod
    def fit(cls, texts: Iterable[str]) -> Letters:
        """Count in texts that people wrote."""
        runs: Counter[str] = Counter()
        contexts: Counter[str] = Counter()
        for word, n in Counter(w for text in texts for w in words(text)).items():
            spelt = _START + word + _END
            for i in range(_ORDER, len(spelt)):
                for k in range(_ORDER + 1):
                    runs[spelt[i - k : i + 1]] += n
                    contexts[spelt[i - k : i]] += n
        return cls(runs, contexts)

    def judge(self, text: str) -> float:
        """Return the mean log chance of a letter, averaged over the words of ``text``."""
        found = words(text)
        return float(np.mean([self._word(word) for word in found])) if found else 0.0

    def _word(self, word: str) -> float:
        spelt = _START + word + _END
        return float(np.mean([np.log(self._chance(spelt, i)) for i in range(_ORDER, len(spelt))]))

    def _chance(self, spelt: str, i: int) -> float:
        chance = 1.0 / _ALPHABET
        for k in range(_ORDER + 1):
            seen = self.runs.get(spelt[i - k : i + 1], 0)
            total = self.contexts.get(spelt[i - k : i], 0)
            chance = (seen + _PRIOR_COUNT * chance) / (total + _PRIOR_COUNT)
        return chance
