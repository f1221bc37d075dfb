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
from scoring_models.scored.few import Shared
from scoring_models.scored.kernels import Seen, Table, Views
from scoring_models.scored.learners import Learners, OrdinalLearner, RidgeLearner
from scoring_models.scored.link import Link, Rounding
from scoring_models.scored.model import AnswerModel
from scoring_models.scored.prior import Borrowed, Prior, PriorView
from scoring_models.scored.selective import Selection
from scoring_models.scored.terms import TermSpace

LAYOUT = 2
_EPOCH = (1980, 1, 1, 0, 0, 0)
_HEADER = "header.json"

Arrays = dict[str, npt.NDArray[Any]]


def to_bytes(model: AnswerModel) -> bytes:
    """Return a model as bytes; the same model always gives the same bytes."""
    arrays: Arrays = {
        "weights": model.weights,
        "costs": model.costs,
        "seen borrowed": model.seen_borrowed,
        "surface": model.seen.surface,
        "likeness": model.seen.likeness,
    }
    for name in ("surface", "likeness"):
        table: Table = getattr(model.views, name)
        arrays[f"{name}/mean"], arrays[f"{name}/deviation"] = table.mean, table.deviation
    for name, learner in (("ridge", model.learners.ridge), ("ordinal", model.learners.ordinal)):
        arrays[f"{name}/coefficients"] = learner.coefficients
        arrays[f"{name}/inverse"] = learner.inverse
        arrays[f"{name}/thresholds"] = learner.link.thresholds
    if model.borrowed is not None:
        arrays.update(_prior_arrays(model.borrowed.prior))
        view = model.borrowed.view
        arrays["usual/mean"], arrays["usual/deviation"] = view.usual.mean, view.usual.deviation
        arrays["prior words/idf"], arrays["prior characters/idf"] = (s.weights for s in view.spaces)
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
    if "encoders" not in header:
        raise ModelFileError("what prompts share came, expected a model of one prompt")
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
    views = Views(
        {name: arrays[f"centre/{name}"] for name in names},
        names,
        spaces["words"],
        spaces["characters"],
        tables["surface"],
        tables["likeness"],
    )
    vectors = {name: arrays[f"vectors/{name}"] for name in names}
    seen = Seen(vectors, **rows, surface=arrays["surface"], likeness=arrays["likeness"])
    prompt = Prompt(*(_texts(part, header, arrays) for part in ("question", "keys", "negatives")))
    return AnswerModel(
        header["lowest"],
        header["highest"],
        prompt,
        views,
        seen,
        _borrowed(header, arrays, prompt, vectors),
        arrays["seen borrowed"],
        arrays["weights"],
        _learners(header, arrays),
        Rounding(**header["rounding"]),
        Selection(**header["selection"]),
        arrays["costs"],
        header["versions"],
    )


def shared_to_bytes(shared: Shared) -> bytes:
    """Return what prompts share as bytes; a ``FewModel`` is trained anew from it in a moment."""
    prior = shared.prior
    header = {
        "layout": LAYOUT,
        "mean": prior.mean,
        "numbers": [shared.slope, shared.widening, shared.stretch],
    }
    return _packed(header, {"log_variances": shared.log_variances, **_prior_arrays(prior)})


def shared_from_bytes(data: bytes) -> Shared:
    """Load what prompts share.

    Raises
    ------
    ModelFileError
        As ``from_bytes``.
    """
    header, arrays = _unpacked(data)
    if "numbers" not in header:
        raise ModelFileError("a model of one prompt came, expected what prompts share")
    return Shared(_prior(header["mean"], arrays), arrays["log_variances"], *header["numbers"])


def _header(model: AnswerModel) -> dict[str, Any]:
    learners, rounding, prompt, borrowed = (
        model.learners,
        model.rounding,
        model.prompt,
        model.borrowed,
    )
    return {
        "layout": LAYOUT,
        "versions": dict(model.versions),
        "lowest": model.lowest,
        "highest": model.highest,
        "intercept": learners.ridge.intercept,
        "links": {
            "ridge": _link_numbers(learners.ridge.link),
            "ordinal": _link_numbers(learners.ordinal.link),
        },
        "borrowed": None if borrowed is None else _borrowed_header(borrowed),
        "encoders": dict(model.views.widths),
        "terms": {"words": model.views.words.terms, "characters": model.views.characters.terms},
        "selection": {"centre": model.selection.centre, "price": model.selection.price},
        "rounding": {"centre": rounding.centre, "stretch": rounding.stretch},
        "texts": {part: getattr(prompt, part).texts for part in ("question", "keys", "negatives")},
    }


def _link_numbers(link: Link) -> dict[str, Any]:
    return {n: getattr(link, n) for n in ("lowest", "centre", "scale", "slope", "widening")}


def _learners(header: Mapping[str, Any], arrays: Arrays) -> Learners:
    ridge, ordinal = (
        Link(**header["links"][name], thresholds=arrays[f"{name}/thresholds"])
        for name in ("ridge", "ordinal")
    )
    return Learners(
        RidgeLearner(
            arrays["ridge/coefficients"], header["intercept"], arrays["ridge/inverse"], ridge
        ),
        OrdinalLearner(arrays["ordinal/coefficients"], arrays["ordinal/inverse"], ordinal),
    )


def _borrowed_header(borrowed: Borrowed) -> dict[str, Any]:
    return {
        "mean": borrowed.prior.mean,
        "centre": borrowed.centre,
        "spread": borrowed.spread,
        "terms": [space.terms for space in borrowed.view.spaces],
    }


def _borrowed(
    header: Mapping[str, Any], arrays: Arrays, prompt: Prompt, vectors: Mapping[str, Any]
) -> Borrowed | None:
    """A prior's view holds the same unit vectors of training answers as the model's own."""
    found = header["borrowed"]
    if found is None:
        return None
    words, characters = (
        TermSpace(tuple(terms), arrays[f"prior {name}/idf"])
        for name, terms in zip(("words", "characters"), found["terms"], strict=True)
    )
    usual = Table(arrays["usual/mean"], arrays["usual/deviation"])
    view = PriorView(prompt, (words, characters), vectors, usual)
    return Borrowed(_prior(found["mean"], arrays), view, found["centre"], found["spread"])


def _prior_arrays(prior: Prior) -> Arrays:
    return {
        "prior/landmarks": prior.landmarks,
        "prior/coefficients": prior.coefficients,
        "prior/mean": prior.table.mean,
        "prior/deviation": prior.table.deviation,
    }


def _prior(mean: float, arrays: Arrays) -> Prior:
    table = Table(arrays["prior/mean"], arrays["prior/deviation"])
    return Prior(table, arrays["prior/landmarks"], arrays["prior/coefficients"], mean)


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
