"""Number series: run the rule over every term, and look for plain rules that lead elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product

from proofs import Function, Item, ProofError, Value, evaluate, parse, read_number


def _prime(index: int) -> int:
    found: list[int] = []
    candidate = 2
    while len(found) < index:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found[-1]


def _fibonacci(index: int) -> int:
    earlier, later = 0, 1
    for _ in range(index):
        earlier, later = later, earlier + later
    return earlier


def _digits(number: Value) -> list[int]:
    return [int(digit) for digit in str(number)]


def _digit_product(number: Value) -> int:
    result = 1
    for digit in _digits(number):
        result *= digit
    return result


def _cycle(index: int, *choices: Value) -> Value:
    """Return the choice whose turn it is at place ``index``: the first at 1, 1 + len, ..."""
    return choices[(index - 1) % len(choices)]


NUMBER_FUNCTIONS: dict[str, Function] = {
    "prime": _prime,
    "fibonacci": _fibonacci,
    "digit_sum": lambda number: sum(_digits(number)),
    "digit_product": _digit_product,
    "reverse": lambda number: int(str(number)[::-1]),
    "join": lambda left, right: int(f"{left}{right}"),
    "cycle": _cycle,
}


def completed_series(proof: Item, option: str) -> list[Fraction]:
    """Return the terms shown with ``option`` put in the missing place."""
    terms = [Fraction(str(term)) for term in proof["terms"]]
    terms.insert(proof["missing"] - 1, read_number(option))
    return terms


def rule_reproduces(proof: Item, option: str) -> bool:
    """Whether the rule gives every term of the series that ``option`` completes."""
    terms: list[Value] = [
        int(term) if term.denominator == 1 else term for term in completed_series(proof, option)
    ]
    for place in range(proof.get("given", 0), len(terms)):
        names: dict[str, Value] = {"n": place + 1}
        names |= {f"p{back}": terms[place - back] for back in range(1, place + 1)}
        if terms[place] != evaluate(proof["rule"], names, NUMBER_FUNCTIONS):
            return False
    return True


def rule_structure(rule: str) -> str:
    """Return the rule with constants blanked: rules alike but for numbers come out equal."""
    return _structure(parse(rule))


def _structure(node: ast.expr) -> str:  # noqa: PLR0911 - one return a kind of node
    match node:
        case ast.Constant():
            return "#"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _structure(operand)
        case ast.Name(id=name):
            return name
        case ast.BinOp(left=left, op=op, right=right):
            parts = [_structure(left), _structure(right)]
            return _structure_of_operation(type(op).__name__, parts)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            branches = "|".join(sorted([_structure(body), _structure(orelse)]))
            return f"if[{_structure(test)}]({branches})"
        case ast.Compare(left=left):
            return _structure(left)
        case ast.Call(func=ast.Name(id=name), args=args):
            return f"{name}({','.join(_structure(argument) for argument in args)})"
    raise ProofError(f"not allowed in a rule: {ast.unparse(node)!r}")


def _structure_of_operation(name: str, parts: list[str]) -> str:
    if parts == ["#", "#"]:
        return "#"
    if name == "Sub" and "#" in parts:  # n - 3 is n + (-3)
        name = "Add"
    if name in ("Add", "Mult"):
        parts = sorted(parts)
    return f"{name}({','.join(parts)})"


def simple_rule(terms: Sequence[Fraction]) -> str | None:
    """Name a plain rule that produces ``terms``, or None.

    Tried: constant first or second differences, a constant ratio, ``a * previous + b``, a sum of
    the two before with whole weights plus a constant, and two or three sequences of constant
    difference or ratio interleaved. A wrong option must not complete any of them.
    """
    for strands in (1, 2, 3):
        parts = [terms[start::strands] for start in range(strands)]
        names = [_plain_rule(part, strict=strands == 1) for part in parts]
        if all(names):
            return f"{strands} strand(s): {names}"
    return None


def _plain_rule(terms: Sequence[Fraction], *, strict: bool) -> str | None:
    first = _differences(terms)
    if len(terms) >= 3 and len(set(first)) == 1:
        return "constant difference"
    if len(terms) >= 3 and 0 not in terms and len(set(_ratios(terms))) == 1:
        return "constant ratio"
    if not strict or len(terms) < 5:
        return None
    if len(set(_differences(first))) == 1:
        return "constant second difference"
    if 0 not in first and len(set(_ratios(first))) == 1:
        return "previous times a plus b"
    return _weighted_sum(terms)


def _weighted_sum(terms: Sequence[Fraction]) -> str | None:
    for a, b in product(range(-3, 4), repeat=2):
        rests = {terms[i] - a * terms[i - 1] - b * terms[i - 2] for i in range(2, len(terms))}
        if len(rests) == 1:
            return f"{a} * p1 + {b} * p2 + {rests.pop()}"
    return None


def _differences(terms: Sequence[Fraction]) -> list[Fraction]:
    return [later - earlier for earlier, later in pairwise(terms)]


def _ratios(terms: Sequence[Fraction]) -> list[Fraction]:
    return [later / earlier for earlier, later in pairwise(terms)]
