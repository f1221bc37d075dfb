"""What the gate's own check for gaming flags: genuine answers of each kind, and attacks.

Protocol. The check is fitted as in the worker, on the anchors of the whole bank (``GamingCheck``);
neither development answers nor attacks take part. Genuine answers are the starter bank's synthetic
ones of every kind but gaming. Attacks are those written by hand and 9 a kind and item of every kind
of ``scoring_models.gaming.attacks``, made by seed from answers of level 3 or more, off topic and
salad from all other items' answers. Competencies at even places in the alphabet are the design
half: how far signs may spread beyond anchors' was chosen there; the other half is printed apart.
Levels: every answer of level 3 or more turned round by each variant of negation; the level that the
rubrics alone expect before and after, for all and for those that no flag stops.

Run: python -m benchmarks.scoring_gate [--threads N]
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import scoring_models as sm
from benchmarks.scoring_gaming import Asked, attacks_on, bank
from benchmarks.starter import BANK, free_text_items
from item_bank.importing.development import read_development
from scoring_models.evidence import read
from scoring_models.gaming.attacks import VARIANTS, Material

SEED = 5
LEVELS = np.arange(1, 6)

Variant = Callable[[Material, np.random.Generator], str]


@dataclass(frozen=True)
class Text:
    """A text to judge: the item that it answers, and what it is counted under."""

    item: str
    label: str
    text: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    encoder = sm.load_encoder(threads=parser.parse_args().threads)
    items, questions = free_text_items(), bank()
    rubrics = sm.prepare_bank([sm.Rubric.from_mapping(i["rubric"]) for i in items], encoder)
    false_alarms = sm.GateSettings().gaming_false_alarms
    check = sm.GamingCheck.fit(rubrics, [item["stem"] for item in items], false_alarms)
    prepared = {item["code"]: one for item, one in zip(items, rubrics, strict=True)}
    texts = [*written(), *made(questions)]
    readings = read([one.text for one in texts], encoder)
    flags = [
        check.judge(reading, prepared[one.item].rubric.digest).finding.flagged
        for one, reading in zip(texts, readings, strict=True)
    ]
    competencies = sorted({item["competency"] for item in items})
    half = {item["code"]: competencies.index(item["competency"]) % 2 for item in items}
    halves = (("all", (0, 1)), ("design half", (1,)), ("other half", (0,)))
    for name, kept in halves:
        _print(name, texts, flags, [half[one.item] in kept for one in texts])
    for variant in VARIANTS["negated"]:
        _print_levels(variant, questions, prepared, check, encoder)


def written() -> list[Text]:
    """The bank's development answers; genuine ones count under their kind and together."""
    found = []
    for answer in read_development(BANK):
        gaming = answer.kind == "gaming"
        label = f"written: {answer.attack}" if gaming else f"genuine: {answer.kind}"
        found.append(Text(answer.item, label, answer.text))
    return found


def made(questions: Sequence[Asked]) -> list[Text]:
    """Attacks on each item, with the variant."""
    rng = np.random.default_rng(SEED)
    found = []
    for asked in questions:
        others = [one for one in questions if one is not asked]
        found += [Text(_code(asked), label, text) for label, text in attacks_on(asked, others, rng)]
    return found


def _code(asked: Asked) -> str:
    return asked.name.split()[1]


def _print_levels(
    variant: Variant,
    questions: Sequence[Asked],
    prepared: Mapping[str, sm.PreparedRubric],
    check: sm.GamingCheck,
    encoder: Any,
) -> None:
    """Print the expected levels of good answers before and after one kind of negation."""
    rng = np.random.default_rng(SEED)
    rubrics, pairs = [], []
    for asked in questions:
        for answer in asked.good:
            material = Material(answer, asked.prompt, asked.references, (), ())
            pairs += [answer, variant(material, rng)]
            rubrics.append(prepared[_code(asked)])
    readings = read(pairs, encoder)
    expected = np.array(
        [
            rubrics[i // 2].head.probabilities([reading])[0] @ LEVELS
            for i, reading in enumerate(readings)
        ]
    )
    before, after = expected[::2], expected[1::2]
    passed = np.array(
        [
            not check.judge(reading, one.rubric.digest).finding.flagged
            for reading, one in zip(readings[1::2], rubrics, strict=True)
        ]
    )
    print(
        f"{variant.__name__}: expected level {before.mean():.2f} before, {after.mean():.2f} after "
        f"({len(after)}); not flagged {before[passed].mean():.2f} before, "
        f"{after[passed].mean():.2f} after ({passed.sum()})"
    )


def _print(name: str, texts: Sequence[Text], flags: Sequence[bool], kept: Sequence[bool]) -> None:
    counted: dict[str, list[bool]] = defaultdict(list)
    for one, flag, keep in zip(texts, flags, kept, strict=True):
        if not keep:
            continue
        counted[one.label.split(" _")[0]].append(flag)
        if one.label.startswith("genuine"):
            counted["genuine"].append(flag)
        elif one.label.split()[0] in VARIANTS:
            counted[f"  {one.label.split()[1]}"].append(flag)
    print(f"{name}: share flagged; synthetic answers, never validation")
    for label, values in counted.items():
        print(f"  {label:28s} {np.mean(values):.3f}  of {len(values)}")


if __name__ == "__main__":
    main()
