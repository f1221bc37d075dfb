"""What the model of fluency learns from: natural texts, some words of which chance put in.

Only single words are replaced or have others put beside them. No order is changed, so that
shuffled answers stay unseen; nothing here knows a question, a list of terms or an answer.
"""

from __future__ import annotations

import html
import json
import math
import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from scoring_models.encoders.unigram import UnigramTokenizer
from scoring_models.perturb import CHANGES, Change, perturb

Word = tuple[int, ...]
"""A word as the ids of its pieces."""

_MARKS = re.compile(r"[.,;:!?()\"“”]+(\s|$)")
_HIDDEN = re.compile(r"(?s)<(script|style|pre|code)[^>]*>.*?</\1>")
_PARAGRAPH = re.compile(r'(?s)<p[^>]*>(.*?)</p>|<div class="para">(.*?)</div>')
_FEWEST_WORDS = 6
_SAID = ("stem", "options", "text", "rationale", "explanation")


@dataclass(frozen=True)
class SpoilingSettings:
    """How texts are drawn, and how often chance puts words into them.

    Attributes
    ----------
    shares : mapping of str to float
        How often each source is drawn from.
    fewest, most : int
        Words of a text, drawn evenly on a log scale.
    untouched, inserting : float
        Share of texts left as they are, and of the others in which every second new word is put
        beside the old one and not into its place.
    rates : tuple of float
        Share of words that are replaced, one for each text.
    """

    shares: Mapping[str, float] = field(
        default_factory=lambda: {"indonli": 0.45, "texts": 0.3, "items": 0.15, "english": 0.1}
    )
    fewest: int = 6
    most: int = 90
    untouched: float = 0.3
    inserting: float = 0.3
    rates: tuple[float, ...] = (0.06, 0.12, 0.2, 0.35, 0.6)


@dataclass(frozen=True)
class Source:
    """Texts of one origin in up to six spellings each, and the words that they draw from."""

    texts: tuple[tuple[tuple[Word, ...], ...], ...]
    pool: tuple[Word, ...]


def paragraphs(path: Path) -> list[str]:
    """Return the paragraphs of a text file, one a line, or of a folder of HTML or Mallard pages."""
    if path.is_dir():
        pages = sorted([*path.rglob("*.html"), *path.rglob("*.page")])
        found = [_shown(a or b) for p in pages for a, b in _PARAGRAPH.findall(_read(p))]
    else:
        found = _read(path).splitlines()
    return list(dict.fromkeys(t.strip() for t in found if len(t.split()) >= _FEWEST_WORDS))


def indonli_texts(path: Path) -> list[str]:
    """Return the premises of an IndoNLI file, then its hypotheses, each text once."""
    rows = [json.loads(line) for line in _read(path).splitlines()]
    return list(dict.fromkeys(row[key] for key in ("premise", "hypothesis") for row in rows))


def choice_texts(folder: Path, without: Collection[str]) -> list[str]:
    """Return what the choice items of a bank say, files named in ``without`` left out."""
    files = [path for path in sorted(folder.glob("*.yaml")) if path.stem not in without]
    items = [item for path in files for item in yaml.safe_load(_read(path))["items"]]
    said = [text for item in items if item["kind"] != "free_text" for text in _strings(item)]
    return [text for text in said if len(text.split()) >= 4]


def indonesian(texts: Sequence[str], tokens: UnigramTokenizer, rng: random.Random) -> Source:
    """Read texts as written, with perturbed spelling or manner, and without capitals and marks."""
    manners = [change for change in CHANGES if change != "longer"]

    def changed(text: str, among: Sequence[Change]) -> str:
        return perturb(text, rng.choice(among), seed=rng.randrange(10**6))

    read = []
    for text in texts:
        mistyped = changed(text, ["typos"])
        spellings = (
            text,
            changed(text, manners),
            changed(text, manners),
            changed(mistyped, ["chat", *manners]),
            _unmarked(text),
            text.lower(),
        )
        read.append(tuple(tuple(tokens.words(spelling)) for spelling in spellings))
    return Source(tuple(read), tuple(word for text in read for word in text[0]))


def english(texts: Sequence[str], tokens: UnigramTokenizer) -> Source:
    """Read texts as written, without capitals, and without capitals and marks."""
    read = tuple(
        tuple(tuple(tokens.words(spelling)) for spelling in (text, _unmarked(text), text.lower()))
        for text in texts
    )
    return Source(read, tuple(word for text in read for word in text[0]))


def spoilt(
    sources: Mapping[str, Source], settings: SpoilingSettings, rng: random.Random
) -> Iterator[tuple[list[Word], list[int]]]:
    """Yield texts without end: their words, and for each whether chance put it in.

    Words are put into Indonesian from all Indonesian sources and into English from the English one.
    """
    names = [name for name in settings.shares if name in sources and sources[name].texts]
    shares = [settings.shares[name] for name in names]
    pools = {name: sources[name].pool for name in names}
    own = tuple(word for name in names if name != "english" for word in pools[name])
    while True:
        name = rng.choices(names, shares)[0]
        words = _drawn(sources[name], settings, rng)
        yield _put_in(words, pools[name] if name == "english" else own, settings, rng)


def _drawn(source: Source, settings: SpoilingSettings, rng: random.Random) -> list[Word]:
    span = rng.uniform(math.log(settings.fewest), math.log(settings.most))
    wanted, spelling = int(math.exp(span)), rng.choice([0, 0, 0, 1, 2, 3, 4, 5])
    words: list[Word] = []
    while len(words) < 0.6 * wanted:
        text = rng.choice(source.texts)
        words += text[spelling] if spelling < len(text) else rng.choice(text)
    if len(words) > 1.3 * wanted:
        start = rng.randrange(len(words) - wanted) if rng.random() < 0.3 else 0
        words = words[start : start + wanted]
    return words


def _put_in(
    words: list[Word], pool: Sequence[Word], settings: SpoilingSettings, rng: random.Random
) -> tuple[list[Word], list[int]]:
    if rng.random() < settings.untouched:
        return words, [0] * len(words)
    rate, own = rng.choice(settings.rates), rng.random()
    inserting = rng.random() < settings.inserting
    found: list[tuple[Word, int]] = []
    for word in words:
        new = word
        if rng.random() < rate:
            new = rng.choice(words) if rng.random() < own else rng.choice(pool)
            if inserting and rng.random() < 0.5:
                found += [(new, 1), (word, 0)]
                continue
        found.append((new, int(new != word)))
    return [word for word, _ in found], [label for _, label in found]


def _shown(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", _HIDDEN.sub(" ", page))).split())


def _unmarked(text: str) -> str:
    return " ".join(_MARKS.sub(" ", text).lower().split())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key in _SAID:
            yield from _strings(value.get(key))
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
