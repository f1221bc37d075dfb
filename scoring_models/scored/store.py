"""A trained model as bytes, and back: plain arrays and text, nothing that could run.

The bytes are an ``npz`` archive with one JSON header; the header names the layout, the versions
recorded at training and a SHA-256 of every array.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scoring_models.errors import ModelFileError
from scoring_models.scored.features import Prompt, Texts
from scoring_models.scored.kernels import Seen, Table, Views
from scoring_models.scored.link import Link, Rounding
from scoring_models.scored.model import AnswerModel
from scoring_models.scored.terms import TermSpace

LAYOUT = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)
_HEADER = "header.json"

Arrays = dict[str, npt.NDArray[Any]]


def to_bytes(model: AnswerModel) -> bytes:
    """Return a model as bytes; the same model always gives the same bytes."""
    arrays: Arrays = {
        "weights": model.weights,
        "coefficients": model.coefficients,
        "inverse": model.inverse,
        "risks": model.risks,
        "link/thresholds": model.link.thresholds,
        "surface": model.seen.surface,
        "likeness": model.seen.likeness,
    }
    for name in ("surface", "likeness"):
        table: Table = getattr(model.views, name)
        arrays[f"{name}/mean"], arrays[f"{name}/deviation"] = table.mean, table.deviation
    for name in ("words", "characters"):
        space: TermSpace = getattr(model.views, name)
        rows: sparse.csr_array = getattr(model.seen, name)
        arrays[f"{name}/idf"] = space.weights
        arrays[f"{name}/values"], arrays[f"{name}/columns"] = rows.data, rows.indices
        arrays[f"{name}/starts"] = rows.indptr
    for name, centre in model.views.centres.items():
        arrays[f"centre/{name}"], arrays[f"vectors/{name}"] = centre, model.seen.vectors[name]
    for part in ("question", "keys", "negatives"):
        for name, vectors in getattr(model.prompt, part).vectors.items():
            arrays[f"{part}/{name}"] = vectors
    return _packed(_header(model), arrays)


def digest(data: bytes) -> str:
    """Return the SHA-256 that names a model beside every score it gave."""
    return hashlib.sha256(data).hexdigest()


def from_bytes(data: bytes) -> AnswerModel:
    """Load a model; it scores exactly as the one that was saved.

    Raises
    ------
    ModelFileError
        If the bytes are not such an archive, of another layout, or altered.
    """
    header, arrays = _unpacked(data)
    link = Link(**header["link"], thresholds=arrays["link/thresholds"])
    names = header["encoders"]
    spaces, rows = {}, {}
    for name in ("words", "characters"):
        spaces[name] = TermSpace(tuple(header["terms"][name]), arrays[f"{name}/idf"])
        parts = (arrays[f"{name}/{part}"] for part in ("values", "columns", "starts"))
        shape = (len(arrays["surface"]), len(spaces[name].terms))
        rows[name] = sparse.csr_array(tuple(parts), shape=shape)
    tables = {
        name: Table(arrays[f"{name}/mean"], arrays[f"{name}/deviation"])
        for name in ("surface", "likeness")
    }
    views = Views({name: arrays[f"centre/{name}"] for name in names}, names, **spaces, **tables)
    vectors = {name: arrays[f"vectors/{name}"] for name in names}
    seen = Seen(vectors, **rows, surface=arrays["surface"], likeness=arrays["likeness"])
    return AnswerModel(
        header["lowest"],
        header["highest"],
        Prompt(*(_texts(part, header, arrays) for part in ("question", "keys", "negatives"))),
        views,
        seen,
        arrays["weights"],
        arrays["coefficients"],
        header["intercept"],
        arrays["inverse"],
        link,
        Rounding(**header["rounding"]),
        arrays["risks"],
        header["versions"],
    )


def _header(model: AnswerModel) -> dict[str, Any]:
    link, rounding, prompt = model.link, model.rounding, model.prompt
    return {
        "layout": LAYOUT,
        "versions": dict(model.versions),
        "lowest": model.lowest,
        "highest": model.highest,
        "intercept": model.intercept,
        "encoders": dict(model.views.widths),
        "terms": {"words": model.views.words.terms, "characters": model.views.characters.terms},
        "link": {
            name: getattr(link, name) for name in ("lowest", "centre", "scale", "slope", "widening")
        },
        "rounding": {"centre": rounding.centre, "stretch": rounding.stretch},
        "texts": {part: getattr(prompt, part).texts for part in ("question", "keys", "negatives")},
    }


def _texts(part: str, header: Mapping[str, Any], arrays: Arrays) -> Texts:
    start = f"{part}/"
    vectors = {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
    return Texts(tuple(header["texts"][part]), vectors)


def _packed(header: dict[str, Any], arrays: Arrays) -> bytes:
    contents = {f"{name}.npy": _array_bytes(array) for name, array in sorted(arrays.items())}
    header["sha256"] = {name: digest(content) for name, content in contents.items()}
    text = json.dumps(header, ensure_ascii=False, sort_keys=True)
    header_bytes = json.dumps({"sha256": digest(text.encode()), "header": text}).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {_HEADER: header_bytes, **contents}.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def _unpacked(data: bytes) -> tuple[dict[str, Any], Arrays]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            outer = json.loads(archive.read(_HEADER))
            contents = {name: archive.read(name) for name in archive.namelist() if name != _HEADER}
        text = outer["header"]
        if digest(text.encode()) != outer["sha256"]:
            raise ModelFileError("the model's header was altered since it was saved")
        header = json.loads(text)
        layout = header["layout"]
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"not a model of scored answers: {error}") from error
    if layout != LAYOUT:
        raise ModelFileError(f"the model has layout {layout}, this version reads {LAYOUT}")
    if {name: digest(content) for name, content in contents.items()} != header["sha256"]:
        raise ModelFileError("the model's arrays were altered since it was saved")
    arrays = {name.removesuffix(".npy"): _array(content) for name, content in contents.items()}
    return header, arrays


def _array_bytes(array: npt.NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asarray(array), allow_pickle=False)
    return out.getvalue()


def _array(content: bytes) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    return array
