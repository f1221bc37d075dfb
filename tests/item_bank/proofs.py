"""Recompute the key of a reasoning item from its ``proof``, without ever calling ``eval``.

A proof is a handful of short expressions in Python's grammar. They are parsed with :mod:`ast` and
walked here over a closed list of operators and functions; anything else raises
:class:`ProofError`. What each kind of proof may say:

number_series (``proofs_series``)
    ``terms`` (those shown), ``missing`` (1-based place of the asked term), ``rule`` (an expression
    for term ``n`` in ``n``, the earlier terms ``p1``, ``p2``, ... and the functions of
    ``NUMBER_FUNCTIONS``), ``given`` (leading terms that the rule starts from, 0 by default).
syllogism (``proofs_logic``)
    ``premises`` and ``claims``, one claim an option; ``none`` stands for *no other claim follows*.
    Capitalised names are classes, names in ``people`` are members, names in ``order`` are places
    in a strict order (0 is first or lowest), every other name is a proposition.
data (``proofs_data``)
    ``asks`` names the kind of question. ``value`` over ``cell(row, column)``, ``column(name)`` and
    ``row(name)``, with ``decimals`` for the rounding (0 by default); or ``per_row`` over
    ``here(column)`` with ``pick`` where the answer is a row, rows in order, or how many rows.
analogy
    Nothing to compute: ``relation``, ``pair`` and ``answer`` name what joins the words.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

Value = Any  # int, Fraction, bool, str or a tuple of them; which one depends on the expression
Function = Callable[..., Value]
Item = Mapping[str, Any]

MAX_EXPONENT = 64


class ProofError(ValueError):
    """A proof that cannot be read or run; the message names the expression."""


# --- the evaluator -------------------------------------------------------------------------------


def _divide(left: Value, right: Value) -> Fraction:
    return Fraction(left) / Fraction(right)


def _power(base: Value, exponent: Value) -> Value:
    if exponent > MAX_EXPONENT:
        raise ProofError(f"exponent {exponent} is above {MAX_EXPONENT}")
    return base**exponent


_BINARY: dict[type[ast.operator], Function] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divide,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}
_UNARY: dict[type[ast.unaryop], Function] = {
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_COMPARE: dict[type[ast.cmpop], Function] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


@cache
def parse(expression: str) -> ast.expr:
    """Parse one expression.

    Raises
    ------
    ProofError
        If it is not a single expression.
    """
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise ProofError(f"cannot read {expression!r}: {error.msg}") from error


def evaluate(
    expression: str, names: Mapping[str, Value], functions: Mapping[str, Function]
) -> Value:
    """Evaluate an expression over a closed list of operators, names and functions.

    Parameters
    ----------
    expression : str
        Python grammar; division is exact (``Fraction``).
    names, functions : mapping
        All that the expression may refer to.

    Raises
    ------
    ProofError
        If the expression uses anything that is not listed.
    """
    return _walk(parse(expression), names, functions)


def _walk(  # noqa: PLR0911 - one return a kind of node
    node: ast.expr, names: Mapping[str, Value], functions: Mapping[str, Function]
) -> Value:
    def value(child: ast.expr) -> Value:
        return _walk(child, names, functions)

    match node:
        case ast.Constant(value=bool() | int() | str() as constant):
            return constant
        case ast.Constant(value=float() as constant):
            return Fraction(str(constant))
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return tuple(value(part) for part in parts)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](value(left), value(right))
        case ast.UnaryOp(op=unary, operand=operand) if type(unary) in _UNARY:
            return _UNARY[type(unary)](value(operand))
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(value(part) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any(value(part) for part in parts)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return value(body) if value(test) else value(orelse)
        case ast.Compare(left=left, ops=[single], comparators=[right]):
            if type(single) in _COMPARE:
                return _COMPARE[type(single)](value(left), value(right))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in functions:
            return functions[name](*(value(argument) for argument in args))
    raise ProofError(f"not allowed in a proof: {ast.unparse(node)!r}")


# --- numbers as people write them ----------------------------------------------------------------


def read_number(text: str) -> Fraction:
    """Read the one number in an option.

    Indonesian notation: ``"Rp1.250.000"``, ``"12,5%"``, ``"-3"``, ``"9/32"``, ``"45 menit"``.

    Raises
    ------
    ProofError
        If the text does not begin with a number.
    """
    body = text.replace("\N{MINUS SIGN}", "-").removeprefix("Rp").strip()
    number = body.split(" ")[0].rstrip("%")
    try:
        return Fraction(number.replace(".", "").replace(",", "."))
    except ValueError as error:
        raise ProofError(f"no number in the option {text!r}") from error


def round_half_up(value: Fraction, decimals: int) -> Fraction:
    """Round as the items do: a half goes away from zero."""
    scale = 10**decimals
    scaled = abs(value) * scale + Fraction(1, 2)
    magnitude = Fraction(scaled.numerator // scaled.denominator, scale)
    return magnitude if value >= 0 else -magnitude
