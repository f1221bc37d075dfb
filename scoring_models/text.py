"""Reading a free-text answer: sentences, words, language, negation, gibberish.

The language guess is a small statistic of our own. The question is only "Indonesian, English or
neither", answers are 20 words or longer, and the detectors at hand (lingua: 100 MB of models, a
compiled wheel for each platform; langid: 2 MB, but it confuses Indonesian with Malay and Javanese)
answer a wider one at a price. Function words decide: each of the two languages spends a quarter
or more of its running words on them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from scoring_models.words import (
    ABBREVIATIONS,
    ENGLISH_FUNCTION_WORDS,
    INDONESIAN_FUNCTION_WORDS,
    NEGATION_ENDS,
    NEGATORS,
)

Language = Literal["id", "en", "other"]

MIN_FUNCTION_SHARE = 0.14
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(]?\w)|\n+\s*|;\s+(?=\w)")
_NOT_AN_END = re.compile(
    r"\b(?:dr|drs|dra|ir|h|hj|prof|st|s\.h|s\.e|m\.si|no|hlm|a\.n|u\.p|dll|dsb|tgl|mr|mrs|ms|e\.g|i\.e"
    r"|\d{1,2})\.$",
    re.IGNORECASE,
)
_VOWELS = "aiueoyàáâãäåèéêëìíîïòóôõöùúûü"
_HARD_TO_SAY = re.compile(rf"[^{_VOWELS}\W\d_]{{5,}}|[{_VOWELS}]{{5,}}|(\w)\1\1")
_SCOPE = 3


def normalise(text: str) -> str:
    """Return ``text`` in NFKC, without control characters, runs of blanks and lines made one."""
    text = unicodedata.normalize("NFKC", text).replace("\u200b", "")
    text = "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else " " for c in text)
    text = re.sub(r"[^\S\n]+", " ", text)
    return re.sub(r" ?\n[ \n]*", "\n", text).strip()


def sentences(text: str) -> tuple[str, ...]:
    """Split a text into sentences, each a verbatim piece of ``text`` without outer blanks.

    Ends of sentences, line breaks and semicolons split; abbreviations, titles and list numbers do
    not. Pieces without a letter are dropped.
    """
    pieces: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        line_break = "\n" in end.group()
        if not line_break and _NOT_AN_END.search(text[start : end.start()].rstrip()):
            continue
        pieces.append(text[start : end.start()] + end.group().rstrip())
        start = end.end()
    pieces.append(text[start:])
    stripped = (piece.strip() for piece in pieces)
    return tuple(piece for piece in stripped if any(c.isalpha() for c in piece))


def words(text: str) -> tuple[str, ...]:
    """Return the words of ``text`` in lower case; numbers are not words."""
    return tuple(_WORD.findall(normalise(text).lower()))


def word_count(text: str) -> int:
    """Return how many words ``text`` has."""
    return len(words(text))


def language(text: str) -> Language:
    """Guess whether ``text`` is Indonesian, English or neither.

    The share of function words of each language among all words decides; below
    ``MIN_FUNCTION_SHARE`` in both, or without words, the answer is ``"other"``.
    """
    tokens = words(text)
    if not tokens:
        return "other"
    indonesian = sum(w in INDONESIAN_FUNCTION_WORDS for w in tokens) / len(tokens)
    english = sum(w in ENGLISH_FUNCTION_WORDS for w in tokens) / len(tokens)
    if max(indonesian, english) < MIN_FUNCTION_SHARE:
        return "other"
    return "id" if indonesian >= english else "en"


def gibberish_share(text: str) -> float:
    """Return the share of words that cannot be words, 0 to 1.

    A word cannot be one if it has no vowel (known abbreviations excepted), five consonants or
    vowels in a row, a letter three times in a row, or more than 25 letters. Letters outside the
    Latin script are not judged. Without any word the share is 1.
    """
    tokens = words(text)
    if not tokens:
        return 1.0
    return sum(_impossible(token) for token in tokens) / len(tokens)


def repetition_share(text: str) -> float:
    """Return the share of word trigrams that repeat an earlier one, 0 to 1."""
    tokens = words(text)
    trigrams = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
    return 1 - len(set(trigrams)) / len(trigrams) if trigrams else 0.0


def shingle_overlap(text: str, source: str, size: int = 4) -> float:
    """Return the share of ``text``'s runs of ``size`` words that also stand in ``source``."""
    mine, theirs = _shingles(text, size), _shingles(source, size)
    return len(mine & theirs) / len(mine) if mine else 0.0


def scoped_terms(text: str) -> tuple[tuple[str, int], ...]:
    """Return the content words of ``text``, shortened to their stem, each with its polarity.

    Polarity is -1 for a word among the three after a negator ("tidak", "jangan", "not", ...) in
    the same clause, else +1; negators and function words themselves are left out.
    """
    terms: list[tuple[str, int]] = []
    for clause in re.split(r"[.,;:!?\n()]", normalise(text).lower()):
        left = 0
        for word in _WORD.findall(clause):
            if word in NEGATORS:
                left = _SCOPE
            elif word in NEGATION_ENDS:
                left = 0
            elif word not in INDONESIAN_FUNCTION_WORDS and word not in ENGLISH_FUNCTION_WORDS:
                terms.append((stem(word), -1 if left else 1))
                left = max(0, left - 1)
    return tuple(terms)


def content_stems(text: str) -> frozenset[str]:
    """Return the stems of the content words of ``text``, whatever their polarity."""
    return frozenset(stem for stem, _polarity in scoped_terms(text))


def stem(word: str) -> str:
    """Shorten an Indonesian word by its commonest affixes; a rough key, not a dictionary form."""
    word = word.split("-", maxsplit=1)[0]
    for suffix in ("lah", "kah", "nya", "kan", "an", "i"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            word = word[: -len(suffix)]
            break
    for pattern, start in _PREFIXES:
        if pattern.match(word):
            return pattern.sub(start, word, count=1)
    return word


_PREFIXES = tuple(
    (re.compile(pattern), start)
    for pattern, start in (
        (r"(?:mem|pem)(?=[bf]\w{3})", ""),
        (r"(?:mem|pem)(?=[aiueo]\w{3})", "p"),
        (r"(?:meny|peny)(?=\w{3})", "s"),
        (r"(?:meng|peng)(?=[ghk]\w{3})", ""),
        (r"(?:meng|peng)(?=[aiueo]\w{3})", ""),
        (r"(?:men|pen)(?=[cdjz]\w{3})", ""),
        (r"(?:men|pen)(?=[aiueo]\w{3})", "t"),
        (r"(?:diper|memper|keber|ber|ter|per)(?=\w{4})", ""),
        (r"(?:di|ke|se)(?=\w{4})", ""),
        (r"(?:me|pe)(?=[lrwymn]\w{3})", ""),
    )
)


def _impossible(word: str) -> bool:
    if word in ABBREVIATIONS or not word.isascii():
        return False
    has_vowel = any(c in _VOWELS for c in word)
    return not has_vowel or len(word) > 25 or _HARD_TO_SAY.search(word) is not None


def _shingles(text: str, size: int) -> set[tuple[str, ...]]:
    tokens = words(text)
    size = min(size, len(tokens)) or 1
    return {tokens[i : i + size] for i in range(len(tokens) - size + 1)}
