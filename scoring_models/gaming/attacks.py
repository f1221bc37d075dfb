"""Making attacks on a scorer from real answers, to measure what is caught. Seeded, text to text.

None of these texts trains a detector: detectors learn from genuine answers only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scoring_models.gaming.phrases import (
    CONNECTIVES,
    GENERIC_SENTENCES,
    KEYBOARD_ROWS,
    OPPOSITES,
    STUFFING_TEMPLATES,
    TURNED_WORDS,
)
from scoring_models.text import sentences
from scoring_models.words import INDONESIAN_FUNCTION_WORDS

KINDS = (
    "gibberish",
    "word_salad",
    "shuffled",
    "copied_prompt",
    "keyword_stuffing",
    "off_topic",
    "negated",
    "boilerplate",
)
"""Every kind of attack, in the order of the reports."""

Rng = np.random.Generator


@dataclass(frozen=True)
class Material:
    """What an attacker can lay hands on.

    Attributes
    ----------
    answer : str
        A good answer to the question; its length is the length of the attack.
    prompt : str
        The question.
    references : tuple of str
        The question's key, or its rubric's descriptors and anchors.
    elsewhere : tuple of str
        Fluent answers to other questions.
    vocabulary : tuple of str
        Running words of real texts, repeated as often as they occur there.
    """

    answer: str
    prompt: str
    references: tuple[str, ...]
    elsewhere: tuple[str, ...]
    vocabulary: tuple[str, ...]


def attack(kind: str, material: Material, rng: Rng) -> str:
    """Return one attack of ``kind``; which of its variants is drawn by ``rng``.

    Raises
    ------
    KeyError
        If ``kind`` is not one of ``KINDS``.
    """
    variants = VARIANTS[kind]
    return variants[int(rng.integers(len(variants)))](material, rng)


def paste(text: str, rng: Rng, n_edits: int = 2) -> str:
    """Return ``text`` as another candidate would paste it: words left out, put in, mistyped."""
    found = text.split()
    for _ in range(min(n_edits, len(found) // 6)):
        at = int(rng.integers(len(found)))
        change = int(rng.integers(3))
        if change == 0:
            del found[at]
        elif change == 1:
            found.insert(at, _pick(CONNECTIVES, rng))
        else:
            found[at] = _typo(found[at], rng)
    return " ".join(found)


def generic_text(n_words: int, rng: Rng) -> str:
    """Return fluent sentences that would fit any question, about ``n_words`` long."""
    order = rng.permutation(len(GENERIC_SENTENCES))
    chosen: list[str] = []
    for i in order:
        if sum(len(s.split()) for s in chosen) >= n_words:
            break
        chosen.append(GENERIC_SENTENCES[int(i)])
    return " ".join(chosen)


def _keyboard_runs(material: Material, rng: Rng) -> str:
    runs = []
    for _ in range(_length(material)):
        row = _pick(KEYBOARD_ROWS, rng)
        start = int(rng.integers(len(row) - 3))
        runs.append(row[start : start + int(rng.integers(3, 7))][:: int(rng.choice([1, -1]))])
    return " ".join(runs)


def _consonant_runs(material: Material, rng: Rng) -> str:
    return _letters("bcdfghjklmnpqrstvwxyz", material, rng)


def _random_letters(material: Material, rng: Rng) -> str:
    return _letters("abcdefghijklmnopqrstuvwxyz", material, rng)


def _letters(alphabet: str, material: Material, rng: Rng) -> str:
    return " ".join(
        "".join(rng.choice(list(alphabet), int(rng.integers(3, 10))))
        for _ in range(_length(material))
    )


def _salad(material: Material, rng: Rng) -> str:
    """Running words of real texts: function words come at their natural rate."""
    return " ".join(_draw(material.vocabulary, _length(material), rng))


def _content_salad(material: Material, rng: Rng) -> str:
    content = [w for w in material.vocabulary if w.lower() not in INDONESIAN_FUNCTION_WORDS]
    return " ".join(_draw(content, _length(material), rng))


def _shuffled_words(material: Material, rng: Rng) -> str:
    found = material.answer.split()
    return " ".join(found[int(i)] for i in _derangement(len(found), rng))


def _local_shuffles(material: Material, rng: Rng) -> str:
    """Windows of six words, each shuffled within."""
    found, out = material.answer.split(), []
    for start in range(0, len(found), 6):
        window = found[start : start + 6]
        out += [window[int(i)] for i in _derangement(len(window), rng)]
    return " ".join(out)


def _woven(material: Material, rng: Rng) -> str:
    """The halves of each sentence woven into each other, word by word."""
    out: list[str] = []
    for sentence in sentences(material.answer) or (material.answer,):
        found = sentence.split()
        middle = len(found) // 2
        for i in range(len(found) - middle):
            out += found[middle + i : middle + i + 1] + found[:middle][i : i + 1]
    return " ".join(out) if rng.random() < 0.5 else " ".join(reversed(out))


def _copied(material: Material, rng: Rng) -> str:
    return paste(material.prompt, rng, n_edits=1)


def _copied_padded(material: Material, rng: Rng) -> str:
    """The question with connectives before and after, words edited here and there."""
    opening, ending = _pick(CONNECTIVES, rng), _pick(CONNECTIVES, rng)
    return f"{opening} {paste(material.prompt.rstrip('?!. '), rng)} {ending}"


def _keywords(material: Material, rng: Rng) -> str:
    return ", ".join(_terms(material, rng))


def _keywords_in_template(material: Material, rng: Rng) -> str:
    template = _pick(STUFFING_TEMPLATES, rng)
    terms = _terms(material, rng)
    middle = max(1, len(terms) // 2)
    return template.format(", ".join(terms[:middle]), ", ".join(terms[middle:] or terms))


def _elsewhere(material: Material, rng: Rng) -> str:
    return _pick(material.elsewhere, rng)


def _negated(material: Material, rng: Rng) -> str:
    """Negators before the content words that carry the clauses, about one in three."""
    out: list[str] = []
    turned = 0
    found = material.answer.split()
    for i, word in enumerate(found):
        bare = word.strip(".,;:!?()").lower()
        if bare in TURNED_WORDS:
            out.append(TURNED_WORDS[bare])
            turned += 1
        elif _can_be_negated(bare) and (rng.random() < 0.45 or (not turned and i > len(found) / 2)):
            out += [_pick(("tidak", "bukan", "tidak pernah", "jangan"), rng), word]
            turned += 1
        else:
            out.append(word)
    return " ".join(out) if turned else f"Tidak benar bahwa {material.answer}"


def _turned_by_opposites(material: Material, rng: Rng) -> str:
    """Words with an opposite become it; the rest is negated, so that something always turns."""
    out, turned = [], 0
    for word in material.answer.split():
        bare = word.strip(".,;:!?()").lower()
        turned += bare in OPPOSITES
        out.append(word.lower().replace(bare, OPPOSITES[bare]) if bare in OPPOSITES else word)
    return " ".join(out) if turned >= 2 else _negated(material, rng)


def _boilerplate(material: Material, rng: Rng) -> str:
    return paste(generic_text(max(10, _length(material)), rng), rng)


VARIANTS: dict[str, tuple[Callable[[Material, Rng], str], ...]] = {
    "gibberish": (_keyboard_runs, _consonant_runs, _random_letters),
    "word_salad": (_salad, _content_salad),
    "shuffled": (_shuffled_words, _local_shuffles, _woven),
    "copied_prompt": (_copied, _copied_padded),
    "keyword_stuffing": (_keywords, _keywords_in_template),
    "off_topic": (_elsewhere,),
    "negated": (_negated, _turned_by_opposites),
    "boilerplate": (_boilerplate,),
}


def _length(material: Material) -> int:
    return max(5, len(material.answer.split()))


def _pick(choices: Sequence[str], rng: Rng) -> str:
    return choices[int(rng.integers(len(choices)))]


def _draw(choices: Sequence[str], n: int, rng: Rng) -> list[str]:
    return [choices[int(i)] for i in rng.integers(len(choices), size=n)]


def _terms(material: Material, rng: Rng) -> list[str]:
    """Content words of the key in random order, some of them twice."""
    found = [
        bare
        for word in " ".join(material.references).split()
        if len(bare := word.strip(".,;:!?()\"'").lower()) > 2
        and bare not in INDONESIAN_FUNCTION_WORDS
    ] or material.prompt.split()
    shuffled = [found[int(i)] for i in rng.permutation(len(found))]
    wanted = _length(material)
    return (shuffled * (wanted // len(shuffled) + 1))[:wanted]


def _derangement(n: int, rng: Rng) -> list[int]:
    """An order in which at most a third of the neighbours were neighbours before."""
    order = list(range(n))
    for _ in range(20):
        order = [int(i) for i in rng.permutation(n)]
        kept = sum(b == a + 1 for a, b in pairwise(order))
        if kept <= (n - 1) / 3:
            break
    return order


def _typo(word: str, rng: Rng) -> str:
    if len(word) < 4:
        return word
    at = int(rng.integers(1, len(word) - 2))
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _can_be_negated(word: str) -> bool:
    return len(word) > 3 and word not in INDONESIAN_FUNCTION_WORDS
