"""Judging whether responses can be calibrated, and coding them from category 0."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.data import HIGHEST_CODE, NAMED, Responses, listed
from calibration.errors import DataError, ModelError
from calibration.estimate.models import FAMILIES, POLYTOMOUS

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Categories = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Prepared:
    """Data ready to calibrate: categories from 0, -1 = not presented, an answer in every row."""

    items: tuple[str, ...]
    models: tuple[str, ...]
    categories: Categories
    weights: FloatArray
    n_categories: tuple[int, ...]
    lowest_code: int
    notes: tuple[str, ...]
    digest: str
    source: str


def prepare(responses: Responses, model: str | Sequence[str]) -> Prepared:
    """Judge the data and code it from category 0.

    Codes may start at 0, or at 1 where no item has a 0 anywhere; ``lowest_code`` says which. Rows
    without an answer, and rows with weight 0, carry no information: they are left out with a note.

    Raises
    ------
    DataError
        If a code is no whole number from 0 to 99; an item was answered by nobody, or always alike;
        a category between two others never occurs; weights are not finite, negative or of another
        length.
    ModelError
        If a model is unknown or does not fit its item's categories.
    """
    codes = responses.codes
    if codes.ndim != 2 or 0 in codes.shape:
        raise DataError(
            f"{responses.source}: need a person and an item at least; came {codes.shape}"
        )
    if len(set(responses.items)) != len(responses.items):
        raise DataError(f"{responses.source}: item names must differ")
    models = _models(model, responses.items)
    _check_codes(responses)
    weights = _check_weights(responses)
    used, notes = _used_rows(codes, weights)
    codes, weights = codes[used], weights[used]
    if not len(weights):
        raise DataError(f"{responses.source}: no person has an answer")
    present = ~np.isnan(codes)
    _refuse(responses, present.sum(axis=0) == 0, "was answered by nobody; leave it out")
    lowest = int(np.nanmin(codes))
    if lowest > 1:
        raise DataError(f"{responses.source}: codes must start at 0 or 1; the lowest is {lowest}")
    if lowest == 1:
        notes.append("codes start at 1: code 1 is category 0")
    categories = np.where(present, codes - lowest, -1).astype(np.int16)
    return Prepared(
        items=responses.items,
        models=models,
        categories=categories,
        weights=weights,
        n_categories=_count_categories(responses, models, categories, lowest),
        lowest_code=lowest,
        notes=tuple(notes),
        digest=_digest(responses),
        source=responses.source,
    )


def _models(model: str | Sequence[str], items: tuple[str, ...]) -> tuple[str, ...]:
    models = (model,) * len(items) if isinstance(model, str) else tuple(model)
    if len(models) != len(items):
        raise ModelError(f"{len(models)} models for {len(items)} items; give one, or one an item")
    for name, item in zip(models, items, strict=True):
        if name not in FAMILIES:
            raise ModelError(f"item {item!r}: no model {name!r}; there are {', '.join(FAMILIES)}")
    return models


def _check_codes(responses: Responses) -> None:
    codes = responses.codes
    with np.errstate(invalid="ignore"):
        bad = ~np.isnan(codes) & ((codes != np.floor(codes)) | (codes < 0) | (codes > HIGHEST_CODE))
    if bad.any():
        person, item = np.argwhere(bad)[0]
        raise DataError(
            f"{responses.source}, person {person + 1}, item {responses.items[item]!r}: "
            f"{codes[person, item]:g} is no category code; give a whole number from 0 to "
            f"{HIGHEST_CODE}, NaN where not presented"
        )


def _check_weights(responses: Responses) -> FloatArray:
    n_persons = len(responses.codes)
    if responses.weights is None:
        return np.ones(n_persons)
    weights = responses.weights
    if weights.shape != (n_persons,):
        raise DataError(
            f"weights of shape {weights.shape} for {n_persons} persons; give one a person"
        )
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        person = int(np.argmax(bad))
        raise DataError(
            f"weight of person {person + 1} is {weights[person]}; give a number, 0 or more"
        )
    return weights


def _used_rows(codes: FloatArray, weights: FloatArray) -> tuple[BoolArray, list[str]]:
    empty = np.isnan(codes).all(axis=1)
    unweighted = (weights == 0) & ~empty
    notes = []
    for left_out, why in ((empty, "no answer"), (unweighted, "weight 0")):
        rows = [str(row + 1) for row in np.flatnonzero(left_out)]
        if rows:
            more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
            notes.append(f"left out, {why}: person {', '.join(rows[:NAMED])}{more}")
    return ~(empty | unweighted), notes


def _refuse(responses: Responses, bad: BoolArray, what: str) -> None:
    names = [responses.items[place] for place in np.flatnonzero(bad)]
    if names:
        raise DataError(f"{responses.source}: item {listed(names)} {what}")


def _count_categories(
    responses: Responses, models: tuple[str, ...], categories: Categories, lowest: int
) -> tuple[int, ...]:
    present = categories >= 0
    highest = categories.max(axis=0)
    constant = np.where(present, categories, HIGHEST_CODE).min(axis=0) == highest
    _refuse(
        responses, constant, "was answered alike by everybody; it has no estimate, leave it out"
    )
    for place, name in enumerate(responses.items):
        top = int(highest[place])
        if top > 1 and models[place] not in POLYTOMOUS:
            raise ModelError(
                f"item {name!r} has code {top + lowest}, but {models[place]} knows right and "
                "wrong only; use GRM or GPCM, or score it as two categories"
            )
        column = categories[:, place]
        occurring = np.bincount(column[present[:, place]], minlength=top + 1)
        if (occurring == 0).any():
            gap = int(np.argmax(occurring == 0)) + lowest
            raise DataError(
                f"{responses.source}: code {gap} of item {name!r} never occurs, though "
                f"{top + lowest} does; merge categories, or mend a code that means 'missing' "
                "(NaN or an empty cell)"
            )
    return tuple(int(top) + 1 for top in highest)


def _digest(responses: Responses) -> str:
    content = hashlib.sha256("\x1f".join(responses.items).encode())
    content.update(np.ascontiguousarray(np.nan_to_num(responses.codes, nan=-1.0)).tobytes())
    if responses.weights is not None:
        content.update(np.ascontiguousarray(responses.weights).tobytes())
    return content.hexdigest()
