"""Syllogisms: decide each option by looking through every small model of the premises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product

from proofs import Function, Item, Value, evaluate, parse

NONE = "none"


@dataclass(frozen=True)
class _Vocabulary:
    classes: tuple[str, ...]
    people: tuple[str, ...]
    order: tuple[str, ...]
    propositions: tuple[str, ...]


@dataclass(frozen=True)
class _Model:
    names: Mapping[str, Value]
    functions: Mapping[str, Function]


def following_claims(proof: Item, *, nonempty: bool) -> tuple[bool, ...]:
    """Say for each claim whether it holds in every model of the premises.

    Members are told apart only by the classes they are in, so that a model is a number of members
    (0 or 1, up to ``copies`` where a premise counts) for each combination of classes. Where
    nothing is counted this decides the matter exactly.

    Parameters
    ----------
    proof : mapping
        ``premises``, ``claims`` and, where used, ``people``, ``order`` and ``copies``.
    nonempty : bool
        Whether every class named is taken to have a member (existential import).

    Raises
    ------
    AssertionError
        If no model satisfies the premises.
    """
    open_claims = {index for index, claim in enumerate(proof["claims"]) if claim != NONE}
    everything = set(open_claims)
    satisfiable = False
    for model in _models(proof, nonempty=nonempty):
        if not all(_holds(premise, model) for premise in proof["premises"]):
            continue
        satisfiable = True
        open_claims = {i for i in open_claims if _holds(proof["claims"][i], model)}
    assert satisfiable, f"the premises contradict each other: {proof['premises']}"
    return tuple(
        index in open_claims if index in everything else not open_claims
        for index in range(len(proof["claims"]))
    )


def _holds(formula: str, model: _Model) -> bool:
    return bool(evaluate(formula, model.names, model.functions))


def _models(proof: Item, *, nonempty: bool) -> Iterator[_Model]:
    words = _vocabulary(proof)
    kinds = _possible_kinds(words.classes, proof["premises"])
    for counts in product(range(proof.get("copies", 1) + 1), repeat=len(kinds)):
        members = [kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]
        if nonempty and any(not any(name in kind for kind in members) for name in words.classes):
            continue
        yield from _models_with(members, words)


def _models_with(members: Sequence[frozenset[str]], words: _Vocabulary) -> Iterator[_Model]:
    masks = {
        name: sum(1 << index for index, kind in enumerate(members) if name in kind)
        for name in words.classes
    }
    functions = _functions((1 << len(members)) - 1)
    for people in product(range(len(members)), repeat=len(words.people)):
        for places in permutations(range(len(words.order))):
            for truths in product((False, True), repeat=len(words.propositions)):
                names: dict[str, Value] = dict(masks)
                names |= {who: 1 << at for who, at in zip(words.people, people, strict=True)}
                names |= dict(zip(words.order, places, strict=True))
                names |= dict(zip(words.propositions, truths, strict=True))
                yield _Model(names, functions)


def _vocabulary(proof: Item) -> _Vocabulary:
    formulas = [*proof["premises"], *(claim for claim in proof["claims"] if claim != NONE)]
    people, order = tuple(proof.get("people", ())), tuple(proof.get("order", ()))
    used = sorted({name for formula in formulas for name in _names(formula)})
    return _Vocabulary(
        classes=tuple(name for name in used if name[0].isupper()),
        people=people,
        order=order,
        propositions=tuple(n for n in used if n[0].islower() and n not in (*people, *order)),
    )


def _names(formula: str) -> Iterator[str]:
    called = {id(node.func) for node in ast.walk(parse(formula)) if isinstance(node, ast.Call)}
    for node in ast.walk(parse(formula)):
        if isinstance(node, ast.Name) and id(node) not in called:
            yield node.id


def _possible_kinds(classes: Sequence[str], premises: Sequence[str]) -> list[frozenset[str]]:
    """Return the combinations of classes that the ``all`` and ``no`` premises leave open."""
    universal = [premise for premise in premises if premise.startswith(("all(", "no("))]
    subsets = (
        frozenset(name for name, inside in zip(classes, chosen, strict=True) if inside)
        for chosen in product((False, True), repeat=len(classes))
    )
    functions = _functions(1)
    return [
        kind
        for kind in subsets
        if all(
            evaluate(premise, {name: int(name in kind) for name in classes}, functions)
            for premise in universal
        )
    ]


def _functions(universe: int) -> dict[str, Function]:
    def size(members: int) -> int:
        return (members & universe).bit_count()

    return {
        "all": lambda a, b: size(a & ~b) == 0,
        "no": lambda a, b: size(a & b) == 0,
        "some": lambda a, b: size(a & b) > 0,
        "most": lambda a, b: 2 * size(a & b) > size(a),
        "count": size,
        "isa": lambda who, a: size(who & a) > 0,
        "implies": lambda p, q: (not p) or bool(q),
        "iff": lambda p, q: bool(p) == bool(q),
        "either": lambda p, q: bool(p) != bool(q),
    }


def syllogism_form(proof: Item) -> str:
    """Return the premises with terms renamed and reordered: items of one form come out equal.

    ``some`` and ``no`` say the same with their terms exchanged, so either order counts as one.
    """
    words = _vocabulary(proof)
    return min(
        _renamed(premises, words)
        for turned in product(*(_either_way(premise) for premise in proof["premises"]))
        for premises in permutations(turned)
    )


def _either_way(premise: str) -> set[str]:
    exchanged = re.sub(r"^(some|no)\((.+), (.+)\)$", r"\1(\3, \2)", premise)
    return {premise, exchanged}


def _renamed(premises: Sequence[str], words: _Vocabulary) -> str:
    letters: dict[str, str] = {}
    for premise in premises:
        for name in _names(premise):
            kind = next(k for k, names in vars(words).items() if name in names)
            letters.setdefault(name, f"{kind}{len(letters)}")
    return "; ".join(
        re.sub(r"\w+", lambda found: letters.get(found[0], found[0]), premise)
        for premise in premises
    )
