"""Whether the machine's distribution may stand, or a person must rate: reasons with their data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from scoring_models.errors import SettingsError
from scoring_models.gaming.check import Gamed
from scoring_models.text import (
    gibberish_share,
    language,
    repetition_share,
    shingle_overlap,
    word_count,
)

Decision = Literal["machine", "human"]
ReasonCode = Literal[
    "empty",
    "too_short",
    "too_long",
    "gibberish",
    "language",
    "copied_prompt",
    "off_topic",
    "unclear_stance",
    "flat",
    "low_ratings",
    "word_salad",
    "keyword_stuffing",
    "shuffled",
    "negated",
    "boilerplate",
]


@dataclass(frozen=True)
class Reason:
    """Why a person must rate: a code, what was measured, and the limit that it passed."""

    code: ReasonCode
    data: Mapping[str, float | str]


@dataclass(frozen=True)
class GateSettings:
    """Limits of the gate.

    Attributes
    ----------
    short_share, long_share : float
        Fewest and most words, as shares of the advised minimum and maximum.
    min_words, max_words : int
        The same where a prompt advises nothing.
    max_gibberish, max_repetition : float
        Share of words that cannot be words; share of word trigrams said before.
    max_copied : float
        Share of the answer's four-word runs that stand in the prompt.
    min_relatedness : float
        Relatedness to prompt and rubric, in standard deviations of the rubric's own texts.
    max_doubt : float
        Doubt whether the answer shows or violates the behaviour: the smaller of the two
        probabilities.
    max_entropy : float
        Entropy of the level distribution, nats; a uniform one has 1.609.
    max_spread : float
        Standard deviation of the level distribution, levels.
    min_ratings : int
        Human ratings that a prompt needs before the machine's distribution may stand.
    gaming_false_alarms : float
        Share of the bank's own texts that the check for gaming may flag.
    max_pasted : float
        Share of an answer's three-word runs, those of the prompt left out, that may stand in
        another candidate's answer.
    """

    short_share: float = 0.5
    long_share: float = 3.0
    min_words: int = 20
    max_words: int = 600
    max_gibberish: float = 0.25
    max_repetition: float = 0.35
    max_copied: float = 0.5
    min_relatedness: float = -1.8
    max_doubt: float = 0.2
    max_entropy: float = 1.4
    max_spread: float = 1.35
    min_ratings: int = 40
    gaming_false_alarms: float = 0.02
    max_pasted: float = 0.6

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "min_relatedness" and not value >= 0:
                raise SettingsError(f"{field.name} is {value}, expected 0 or more")


@dataclass(frozen=True)
class Measured:
    """What the head found, for the gate."""

    probabilities: Sequence[float]
    shown: float
    relatedness: float


def judge_text(
    text: str,
    prompt: str,
    settings: GateSettings,
    advised_words: tuple[int, int] | None = None,
) -> tuple[Reason, ...]:
    """Return the reasons that the text alone gives; none for a text that can be scored."""
    n_words = word_count(text)
    if n_words == 0:
        return (Reason("empty", {"words": 0}),)
    reasons = [*_length(n_words, settings, advised_words), *_legibility(text, settings)]
    copied = shingle_overlap(text, prompt)
    if copied > settings.max_copied:
        reasons.append(Reason("copied_prompt", {"share": copied, "limit": settings.max_copied}))
    return tuple(reasons)


def judge_score(measured: Measured, settings: GateSettings) -> tuple[Reason, ...]:
    """Return the reasons that lie in the score: off topic, stance in doubt, too wide."""
    reasons = []
    if measured.relatedness < settings.min_relatedness:
        data: dict[str, float | str] = {
            "relatedness": measured.relatedness,
            "limit": settings.min_relatedness,
        }
        reasons.append(Reason("off_topic", data))
    if min(measured.shown, 1 - measured.shown) > settings.max_doubt:
        reasons.append(
            Reason("unclear_stance", {"shown": measured.shown, "limit": settings.max_doubt})
        )
    entropy, spread = _entropy(measured.probabilities), _spread(measured.probabilities)
    if entropy > settings.max_entropy or spread > settings.max_spread:
        reasons.append(Reason("flat", {"entropy": entropy, "spread": spread}))
    return tuple(reasons)


def judge_ratings(n_human_ratings: int, settings: GateSettings) -> tuple[Reason, ...]:
    """Return ``low_ratings`` while too few answers to the prompt were rated by people."""
    if n_human_ratings >= settings.min_ratings:
        return ()
    data = {"ratings": float(n_human_ratings), "needed": float(settings.min_ratings)}
    return (Reason("low_ratings", data),)


def judge_gaming(gamed: Gamed) -> tuple[Reason, ...]:
    """Return the kind of gaming that an answer looks like, if it looks like any."""
    found = gamed.finding
    if not found.flagged:
        return ()
    data: dict[str, float | str] = {"score": found.score, "limit": found.limit}
    if found.kind == "copied_prompt":
        data["share"] = gamed.copied
    return (Reason(_CODES[found.kind], data),)


def judge_pasted(resemblances: Sequence[float], settings: GateSettings) -> tuple[Reason, ...]:
    """Return ``boilerplate`` where other candidates' answers hold much of the same text.

    Parameters
    ----------
    resemblances : sequence of float
        Of the answer to others' answers to the item, see ``gaming.boilerplate.resemblance``.
    settings : GateSettings
        Its ``max_pasted`` is the limit.
    """
    alike = [share for share in resemblances if share > settings.max_pasted]
    if not alike:
        return ()
    return (Reason("boilerplate", {"answers": float(len(alike)), "share": max(alike)}),)


_CODES: Mapping[str, ReasonCode] = {
    "gibberish": "gibberish",
    "copied_prompt": "copied_prompt",
    "shuffled": "shuffled",
    "word_salad": "word_salad",
    "keyword_stuffing": "keyword_stuffing",
    "negated": "negated",
    "off_topic": "off_topic",
}


def _length(
    n_words: int, settings: GateSettings, advised: tuple[int, int] | None
) -> tuple[Reason, ...]:
    fewest = settings.short_share * advised[0] if advised else settings.min_words
    most = settings.long_share * advised[1] if advised else settings.max_words
    if n_words < fewest:
        return (Reason("too_short", {"words": n_words, "fewest": fewest}),)
    if n_words > most:
        return (Reason("too_long", {"words": n_words, "most": most}),)
    return ()


def _legibility(text: str, settings: GateSettings) -> tuple[Reason, ...]:
    reasons = []
    impossible, repeated = gibberish_share(text), repetition_share(text)
    if impossible > settings.max_gibberish or repeated > settings.max_repetition:
        reasons.append(Reason("gibberish", {"impossible": impossible, "repeated": repeated}))
    found = language(text)
    if found == "other":
        reasons.append(Reason("language", {"found": found}))
    return tuple(reasons)


def _entropy(probabilities: Sequence[float]) -> float:
    p = np.asarray(probabilities)
    return float(-(p * np.log(np.maximum(p, 1e-300))).sum())


def _spread(probabilities: Sequence[float]) -> float:
    p, levels = np.asarray(probabilities), np.arange(1, len(probabilities) + 1)
    mean = float(p @ levels)
    return float(np.sqrt(p @ (levels - mean) ** 2))
