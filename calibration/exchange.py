"""A calibration as JSON: for files, for other programs, for the database."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.errors import CalibrationError, DataError
from calibration.estimate.quadrature import Quadrature
from calibration.parameters import ItemParameters
from calibration.result import CalibrationResult, GroupDistribution, ItemErrors

FloatArray = npt.NDArray[np.float64]

FORMAT = "takar-parameters-1"


def as_json(result: CalibrationResult, *, covariance: bool = True) -> dict[str, Any]:
    """All of a result as plain numbers and words.

    Parameters
    ----------
    result : CalibrationResult
    covariance : bool
        Whether to write the sampling covariance of the item parameters, which linking takes, and
        whose size is the square of their number.
    """
    errors = result.standard_errors or (None,) * len(result.items)
    content = {
        "format": FORMAT,
        "scaling": "D = 1",
        "items": [_item(item, own) for item, own in zip(result.items, errors, strict=True)],
        "groups": [_group(group) for group in result.groups],
        "log_likelihood": result.log_likelihood,
        "aic": result.aic,
        "bic": result.bic,
        "n_parameters": result.n_parameters,
        "n_persons": result.n_persons,
        "iterations": result.iterations,
        "converged": result.converged,
        "largest_change": result.largest_change,
        "lowest_code": result.lowest_code,
        "notes": list(result.notes),
        "provenance": dict(result.provenance),
    }
    if covariance and result.covariance is not None:
        content["covariance"] = {
            "parameters": [list(names) for names in result.parameter_names],
            "values": result.covariance.tolist(),
        }
    return content


def items_from_json(content: Mapping[str, Any]) -> tuple[ItemParameters, ...]:
    """The items of what ``as_json`` wrote, or of any mapping with such an ``items`` list.

    Raises
    ------
    DataError
        If it is no parameter set; the message names the item.
    """
    rows = content.get("items")
    if not isinstance(rows, list) or not rows:
        raise DataError("a parameter set needs a list 'items'; came none")
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            found.append(
                ItemParameters(
                    name=str(row["name"]),
                    model=str(row["model"]),
                    a=tuple(map(float, row["a"])),
                    b=tuple(map(float, row["b"])),
                    c=float(row.get("c", 0.0)),
                    d=float(row.get("d", 1.0)),
                )
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"item {number} of the parameter set is not readable ({error!r}); it needs name, "
                "model, and lists of numbers a and b"
            ) from error
    return tuple(found)


def write_json(content: Mapping[str, Any], path: str | Path) -> None:
    """Write a JSON file, whole or not at all."""
    target = Path(path)
    text = json.dumps(content, indent=1, ensure_ascii=False)
    draft = target.with_name(target.name + ".part")
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(target)


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """What a file of ``as_json`` holds.

    ``covariance`` is the sampling covariance of the reported parameters, ``quadrature`` the first
    group's ability distribution; both None where the file lacks them. ``content`` is the file.
    """

    items: tuple[ItemParameters, ...]
    covariance: FloatArray | None
    quadrature: Quadrature | None
    lowest_code: int
    content: Mapping[str, Any]


def read_parameters(path: str | Path) -> ParameterSet:
    """Read a parameter set from a JSON file.

    Raises
    ------
    DataError
        If the file cannot be read, or is no parameter set.
    """
    source = Path(path)
    try:
        content = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(
            f"{source.name}: not readable as JSON ({error}); give a file of takar calibrate --out"
        ) from error
    if not isinstance(content, dict):
        raise DataError(f"{source.name}: no parameter set, but {type(content).__name__}")
    try:
        items = items_from_json(content)
        quadrature = _quadrature(content)
    except CalibrationError as error:
        raise DataError(f"{source.name}: {error}") from error
    return ParameterSet(
        items=items,
        covariance=_covariance(source.name, content),
        quadrature=quadrature,
        lowest_code=int(content.get("lowest_code", 0)),
        content=content,
    )


def linked_json(
    given: ParameterSet,
    items: Sequence[ItemParameters],
    covariance: FloatArray | None,
    slope: float,
    shift: float,
) -> dict[str, Any]:
    """A parameter set after theta became ``slope theta + shift``; nothing else of it is lost."""
    content = dict(given.content)
    content["items"] = [_item(item, None) for item in items]
    content.pop("covariance", None)
    if covariance is not None:
        content["covariance"] = {"values": covariance.tolist()}
    content["groups"] = [
        {
            **group,
            "mean": slope * group["mean"] + shift,
            "sd": slope * group["sd"],
            "se_mean": None,
            "se_sd": None,
            "nodes": [slope * node + shift for node in group["nodes"]],
        }
        for group in given.content.get("groups", ())
    ]
    content["link"] = {"A": slope, "B": shift}
    return content


def _quadrature(content: Mapping[str, Any]) -> Quadrature | None:
    groups = content.get("groups")
    if not isinstance(groups, list) or not groups or "nodes" not in groups[0]:
        return None
    try:
        return Quadrature(np.array(groups[0]["nodes"]), np.array(groups[0]["weights"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError("the ability distribution is not readable") from error


def _covariance(name: str, content: Mapping[str, Any]) -> FloatArray | None:
    given = content.get("covariance")
    values = given.get("values") if isinstance(given, dict) else None
    if values is None:
        return None
    try:
        covariance = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: the covariance is no matrix of numbers") from error
    if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1]:
        raise DataError(f"{name}: the covariance must be square; it is {covariance.shape}")
    return covariance


def _item(item: ItemParameters, errors: ItemErrors | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": item.name,
        "model": item.model,
        "a": list(item.a),
        "b": list(item.b),
        "c": item.c,
        "d": item.d,
    }
    if errors is not None:
        row["se"] = {"a": list(errors.a), "b": list(errors.b), "c": errors.c, "d": errors.d}
    return row


def _group(group: GroupDistribution) -> dict[str, Any]:
    return {
        "name": group.name,
        "n_persons": group.n_persons,
        "mean": group.mean,
        "sd": group.sd,
        "se_mean": group.se_mean,
        "se_sd": group.se_sd,
        "nodes": group.quadrature.nodes.tolist(),
        "weights": group.quadrature.weights.tolist(),
    }
