"""Each key is recomputed from the item's proof; no two items are alike but for numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from proofs import Item, ProofError, evaluate, read_number
from proofs_data import right_options
from proofs_logic import following_claims, syllogism_form
from proofs_series import completed_series, rule_reproduces, rule_structure, simple_rule

ITEMS = Path(__file__).parents[2] / "item_bank" / "starter" / "items"
FILES = {
    "number_series": ("penalaran_deret.yaml", "DER", 42),
    "analogy": ("penalaran_analogi.yaml", "ANA", 40),
    "syllogism": ("penalaran_silogisme.yaml", "SIL", 38),
    "data": ("penalaran_data.yaml", "DAT", 40),
}
LEVEL_SHARES = {1: 0.15, 2: 0.25, 3: 0.25, 4: 0.20, 5: 0.15}
TOO_ALIKE = 0.6


def _load(content: str) -> list[Item]:
    name, _, _ = FILES[content]
    loaded: dict[str, Any] = yaml.safe_load((ITEMS / name).read_text(encoding="utf-8"))
    assert (loaded["competency"], loaded["language"]) == ("penalaran", "id")
    return list(loaded["items"])


BANK = {content: _load(content) for content in FILES}
EVERY_ITEM = [item for items in BANK.values() for item in items]


def _each(items: Iterable[Item]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("item", [pytest.param(item, id=item["code"]) for item in items])


def _keyed(item: Item) -> str:
    return str(item["options"][item["key"] - 1])


def _wrong(item: Item) -> list[str]:
    return [option for at, option in enumerate(item["options"], 1) if at != item["key"]]


# --- the file ------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", FILES)
def test_file_holds_the_codes_levels_and_key_positions_it_should(content: str) -> None:
    _, prefix, size = FILES[content]
    items = BANK[content]
    assert [item["code"] for item in items] == [f"{prefix}-{n:02}" for n in range(1, size + 1)]
    assert {(item["kind"], item["content"]) for item in items} == {("keyed", content)}
    levels = Counter(item["target_level"] for item in items)
    assert all(abs(levels[at] / size - share) < 0.03 for at, share in LEVEL_SHARES.items())
    first_four = [Counter(item["key"] for item in items)[position] for position in range(1, 5)]
    assert max(first_four) - min(first_four) <= 2


@pytest.mark.parametrize("content", FILES)
def test_every_level_has_easy_typical_and_hard_items(content: str) -> None:
    found = {(item["target_level"], item["difficulty"]) for item in BANK[content]}
    assert found == {(level, d) for level in range(1, 6) for d in ("easy", "typical", "hard")}


@_each(EVERY_ITEM)
def test_item_is_well_formed(item: Item) -> None:
    options = item["options"]
    assert all(isinstance(option, str) and option.strip() == option for option in options)
    assert 4 <= len(options) <= 5
    assert len(set(options)) == len(options)
    assert 1 <= item["key"] <= len(options)
    assert 45 <= item["seconds"] <= 110
    assert item["explanation"].endswith(".")


def test_enough_keys_are_recomputed() -> None:
    computed = [
        item for item in EVERY_ITEM if {"rule", "claims", "value", "pick"} & {*item["proof"]}
    ]
    assert len(computed) == 120


# --- number series -------------------------------------------------------------------------------


@_each(BANK["number_series"])
def test_rule_gives_every_term_with_the_key_and_with_no_other_option(item: Item) -> None:
    fitting = [option for option in item["options"] if rule_reproduces(item["proof"], option)]
    assert fitting == [_keyed(item)]


@_each(BANK["number_series"])
def test_stem_shows_the_terms_of_the_proof(item: Item) -> None:
    shown = item["stem"].splitlines()[0].split(", ")
    place = item["proof"]["missing"] - 1
    assert shown.pop(place) == ("..." if place == len(shown) else "?")
    assert [read_number(term) for term in shown] == [
        read_number(str(term)) for term in item["proof"]["terms"]
    ]


@_each(BANK["number_series"])
def test_shown_terms_bear_the_rule_out(item: Item) -> None:
    """At least three shown terms come from the rule, not only from the terms it starts with."""
    assert len(item["proof"]["terms"]) - item["proof"].get("given", 0) >= 3


@_each(BANK["number_series"])
def test_no_plain_rule_leads_to_a_wrong_option(item: Item) -> None:
    rivals = {o: simple_rule(completed_series(item["proof"], o)) for o in _wrong(item)}
    assert not {option: rule for option, rule in rivals.items() if rule}


def test_no_two_series_share_a_rule_structure() -> None:
    _assert_all_differ(BANK["number_series"], lambda item: rule_structure(item["proof"]["rule"]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("p1 + 3", "7 + p1"),
        ("p1 - 4", "p1 + 4"),
        ("p1 * 2 - 1", "p1 * 3 + 5"),
        ("p2 + 3 if n % 2 else p2 * 2", "p2 * 5 if n % 2 == 0 else p2 - 1"),
        ("p1 + (-1) ** n * (n - 1)", "p1 + (-2) ** n * (n + 3)"),
    ],
)
def test_rules_alike_but_for_numbers_have_one_structure(one: str, other: str) -> None:
    assert rule_structure(one) == rule_structure(other)


@pytest.mark.parametrize(
    ("one", "other"), [("p1 + 3", "p1 * 3"), ("p1 + n", "p1 * n"), ("p1 + p2", "p2 - p1")]
)
def test_rules_of_different_kinds_have_different_structures(one: str, other: str) -> None:
    assert rule_structure(one) != rule_structure(other)


# --- syllogisms ----------------------------------------------------------------------------------


@pytest.mark.parametrize("nonempty", [False, True], ids=["classes may be empty", "none is empty"])
@_each(BANK["syllogism"])
def test_only_the_keyed_conclusion_follows(item: Item, nonempty: bool) -> None:
    """Under both readings of "semua": with and without taking every class to have a member."""
    follows = following_claims(item["proof"], nonempty=nonempty)
    assert len(follows) == len(item["options"])
    assert [at for at, holds in enumerate(follows, 1) if holds] == [item["key"]]


@_each(BANK["syllogism"])
def test_claim_none_stands_where_the_option_says_so(item: Item) -> None:
    said = [option.startswith("Tidak satu pun kesimpulan lain") for option in item["options"]]
    assert said == [claim == "none" for claim in item["proof"]["claims"]]


def test_no_two_syllogisms_share_a_form() -> None:
    _assert_all_differ(BANK["syllogism"], lambda item: syllogism_form(item["proof"]))


@pytest.mark.parametrize(
    ("premises", "claim", "nonempty", "expected"),
    [
        (["all(A, B)", "all(B, C)"], "all(A, C)", False, True),  # Barbara
        (["all(A, B)", "all(A, C)"], "some(B, C)", False, False),  # Darapti, valid only
        (["all(A, B)", "all(A, C)"], "some(B, C)", True, True),  # with existential import
        (["all(A, B)"], "all(B, A)", True, False),  # converse
        (["implies(p, q)", "q"], "p", False, False),  # affirming the consequent
        (["implies(p, q)", "not q"], "not p", False, True),  # modus tollens
    ],
)
def test_known_forms_are_decided_rightly(
    premises: list[str], claim: str, nonempty: bool, expected: bool
) -> None:
    proof = {"premises": premises, "claims": [claim]}
    assert following_claims(proof, nonempty=nonempty) == (expected,)


# --- data ----------------------------------------------------------------------------------------


@_each(BANK["data"])
def test_table_bears_out_the_key_and_no_other_option(item: Item) -> None:
    assert right_options(item) == [item["key"]]


@_each(BANK["data"])
def test_table_is_rectangular(item: Item) -> None:
    table = item["table"]
    assert {len(row) for row in table["rows"]} == {len(table["columns"])}
    assert len({row[0] for row in table["rows"]}) == len(table["rows"])


def test_no_two_data_items_ask_the_same_kind_of_question() -> None:
    _assert_all_differ(BANK["data"], lambda item: str(item["proof"]["asks"]))


# --- analogies -----------------------------------------------------------------------------------


@_each(BANK["analogy"])
def test_pair_and_answer_are_those_of_the_stem_and_the_key(item: Item) -> None:
    proof = item["proof"]
    left, right = item["stem"].splitlines()[0].split(" = ")
    assert left == " : ".join(proof["pair"])
    blank = right.removesuffix("...")
    filled = _keyed(item) if right == "... : ..." else blank + _keyed(item)
    assert filled == " : ".join(proof["answer"])


def test_no_two_analogies_share_a_relation() -> None:
    _assert_all_differ(BANK["analogy"], lambda item: str(item["proof"]["relation"]))


# --- likeness ------------------------------------------------------------------------------------


def test_no_two_stems_are_near_duplicates() -> None:
    words = {item["code"]: _telling_words(item) for item in EVERY_ITEM}
    alike = [
        (one, other)
        for one, other in combinations(words, 2)
        if len(words[one] & words[other]) > TOO_ALIKE * len(words[one] | words[other])
    ]
    assert not alike


def _telling_words(item: Item) -> frozenset[str]:
    """Return the words and numbers of a stem, without those that a fifth of its kind share."""
    kind = [_words(other["stem"]) for other in BANK[item["content"]]]
    seen_in = Counter(word for words in kind for word in words)
    return frozenset(word for word in _words(item["stem"]) if seen_in[word] <= len(kind) / 5)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w/]+", text.lower()))


def _assert_all_differ(items: list[Item], form: Callable[[Item], str]) -> None:
    codes: dict[str, list[str]] = {}
    for item in items:
        codes.setdefault(form(item), []).append(item["code"])
    assert [same for same in codes.values() if len(same) > 1] == []


# --- the evaluator -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os')",
        "(1).real",
        "[n for n in (1, 2)]",
        "lambda: 1",
        "n[0]",
        "unknown + 1",
        "f'{n}'",
        "2 ** 999",
        "1 +",
    ],
)
def test_evaluator_refuses_what_is_not_listed(expression: str) -> None:
    with pytest.raises(ProofError):
        evaluate(expression, {"n": 3}, {})


# --- items that give one another away ------------------------------------------------------------

TRICKS = {
    "a term grows by its own digits": r"digit_sum|digit_product|p1 % 10",
    "digits are reversed": r"reverse\(",
    "differences, or theirs, are the primes from 2 on": r"p1.* \+ prime\(",
}


def _named_enemies() -> set[frozenset[str]]:
    return {
        frozenset((item["code"], enemy)) for item in EVERY_ITEM for enemy in item.get("enemies", ())
    }


def _sharing_a_trick() -> set[frozenset[str]]:
    """Series are hard by what must be noticed: who noticed it once has it for the next."""
    found = set()
    for trick in TRICKS.values():
        codes = [
            item["code"]
            for item in BANK["number_series"]
            if re.search(trick, str(item["proof"]["rule"]))
        ]
        found |= {frozenset(pair) for pair in combinations(codes, 2)}
    return found


def _telling_the_key() -> set[frozenset[str]]:
    """An analogy whose stem pairs another's key with a word of that other's stem."""
    found = set()
    for item in BANK["analogy"]:
        key, own = _keyed(item), set(re.findall(r"[\w-]+", item["stem"]))
        for other in BANK["analogy"]:
            pairs = re.findall(r"([\w-]+) : ([\w-]+)", other["stem"])
            told = any(key in pair and own & {*pair} for pair in pairs)
            if told and other is not item:
                found.add(frozenset((item["code"], other["code"])))
    return found


def test_items_that_give_one_another_away_are_enemies_and_no_others() -> None:
    found = _sharing_a_trick() | _telling_the_key()
    assert _named_enemies() == found
    assert frozenset(("ANA-02", "ANA-17")) in found
    assert frozenset(("DER-29", "DER-40")) in found
