"""A trained model as bytes, and back: plain arrays and text, nothing that could run.

The bytes are those of ``archive``; the header names the versions recorded at training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scipy import sparse

from scoring_models.errors import ModelFileError
from scoring_models.scored.archive import Arrays, digest, packed, unpacked
from scoring_models.scored.features import Prompt, Texts
from scoring_models.scored.few import FewModel, Shared
from scoring_models.scored.kernels import Seen, Table, Views
from scoring_models.scored.learners import Learners, OrdinalLearner, RidgeLearner
from scoring_models.scored.link import Link, Rounding
from scoring_models.scored.model import AnswerModel
from scoring_models.scored.prior import Borrowed, Prior, PriorView
from scoring_models.scored.selective import Selection
from scoring_models.scored.terms import TermSpace

__all__ = [
    "PromptModel",
    "digest",
    "from_bytes",
    "shared_from_bytes",
    "shared_to_bytes",
    "to_bytes",
]

PromptModel = AnswerModel | FewModel
"""A model of one prompt, whichever its number of scores called for."""

_PARTS = ("question", "keys", "negatives")


def to_bytes(model: PromptModel) -> bytes:
    """Return a model as bytes; the same model always gives the same bytes."""
    arrays = _common_arrays(model)
    if isinstance(model, FewModel):
        arrays.update(_few_arrays(model))
        return packed(_few_header(model), arrays)
    arrays.update({"weights": model.weights, "costs": model.costs})
    arrays["seen borrowed"] = model.seen_borrowed
    for name, learner in (("ridge", model.learners.ridge), ("ordinal", model.learners.ordinal)):
        arrays[f"{name}/coefficients"] = learner.coefficients
        arrays[f"{name}/inverse"] = learner.inverse
        arrays[f"{name}/thresholds"] = learner.link.thresholds
    if model.borrowed is not None:
        arrays.update(_prior_arrays(model.borrowed.prior))
        arrays.update(_prior_view_arrays(model.borrowed.view))
    return packed(_header(model), arrays)


def from_bytes(data: bytes) -> PromptModel:
    """Load a model; it scores exactly as the one that was saved.

    Raises
    ------
    ModelFileError
        If the bytes are not such an archive, of another layout, or altered.
    """
    header, arrays = unpacked(data)
    if "encoders" not in header:
        raise ModelFileError("what prompts share came, expected a model of one prompt")
    prompt = Prompt(*(_texts(part, header, arrays) for part in _PARTS))
    views = _views(header, arrays)
    seen = _seen(header, arrays, views)
    if "few" in header:
        return _few(header, arrays, prompt, views, seen)
    return AnswerModel(
        header["lowest"],
        header["highest"],
        prompt,
        views,
        seen,
        _borrowed(header, arrays, prompt, seen.vectors),
        arrays["seen borrowed"],
        arrays["weights"],
        _learners(header, arrays),
        Rounding(**header["rounding"]),
        Selection(**header["selection"]),
        arrays["costs"],
        header["versions"],
    )


def shared_to_bytes(shared: Shared) -> bytes:
    """Return what prompts share as bytes."""
    return packed(_shared_header(shared), _shared_arrays(shared))


def shared_from_bytes(data: bytes) -> Shared:
    """Load what prompts share.

    Raises
    ------
    ModelFileError
        As ``from_bytes``.
    """
    header, arrays = unpacked(data)
    if "numbers" not in header:
        raise ModelFileError("a model of one prompt came, expected what prompts share")
    return _shared(header, arrays)


def _common_arrays(model: PromptModel) -> Arrays:
    """Arrays of the prompt, of how its answers are seen, and of the answers learnt from."""
    arrays: Arrays = {"surface": model.seen.surface, "likeness": model.seen.likeness}
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
    for part in _PARTS:
        for name, vectors in getattr(model.prompt, part).vectors.items():
            arrays[f"{part}/{name}"] = vectors
    return arrays


def _common_header(model: PromptModel) -> dict[str, Any]:
    return {
        "versions": dict(model.versions),
        "lowest": model.lowest,
        "highest": model.highest,
        "encoders": dict(model.views.widths),
        "terms": {"words": model.views.words.terms, "characters": model.views.characters.terms},
        "rounding": {"centre": model.rounding.centre, "stretch": model.rounding.stretch},
        "texts": {part: getattr(model.prompt, part).texts for part in _PARTS},
    }


def _header(model: AnswerModel) -> dict[str, Any]:
    learners, borrowed = model.learners, model.borrowed
    return {
        **_common_header(model),
        "intercept": learners.ridge.intercept,
        "links": {
            "ridge": _link_numbers(learners.ridge.link),
            "ordinal": _link_numbers(learners.ordinal.link),
        },
        "borrowed": None if borrowed is None else _borrowed_header(borrowed),
        "selection": {"centre": model.selection.centre, "price": model.selection.price},
    }


def _views(header: Mapping[str, Any], arrays: Arrays) -> Views:
    names = header["encoders"]
    words, characters = (
        TermSpace(tuple(header["terms"][name]), arrays[f"{name}/idf"])
        for name in ("words", "characters")
    )
    surface, likeness = (
        Table(arrays[f"{name}/mean"], arrays[f"{name}/deviation"])
        for name in ("surface", "likeness")
    )
    centres = {name: arrays[f"centre/{name}"] for name in names}
    return Views(centres, names, words, characters, surface, likeness)


def _seen(header: Mapping[str, Any], arrays: Arrays, views: Views) -> Seen:
    rows = {}
    for name, space in (("words", views.words), ("characters", views.characters)):
        parts = (arrays[f"{name}/{part}"] for part in ("values", "columns", "starts"))
        shape = (len(arrays["surface"]), len(space.terms))
        rows[name] = sparse.csr_array(tuple(parts), shape=shape)
    vectors = {name: arrays[f"vectors/{name}"] for name in header["encoders"]}
    return Seen(vectors, **rows, surface=arrays["surface"], likeness=arrays["likeness"])


def _few_arrays(model: FewModel) -> Arrays:
    view = model.prior_view
    return {
        **_shared_arrays(model.shared),
        **_prior_view_arrays(view),
        **{f"pool/{name}": vectors for name, vectors in view.vectors.items()},
        "seen prior": model.seen_prior,
        "residual": model.residual,
    }


def _few_header(model: FewModel) -> dict[str, Any]:
    terms = [space.terms for space in model.prior_view.spaces]
    return {
        **_common_header(model),
        "few": {**_shared_header(model.shared), "terms": terms},
    }


def _few(
    header: Mapping[str, Any], arrays: Arrays, prompt: Prompt, views: Views, seen: Seen
) -> FewModel:
    found = header["few"]
    pool = {name: arrays[f"pool/{name}"] for name in header["encoders"]}
    return FewModel(
        header["lowest"],
        header["highest"],
        prompt,
        _shared(found, arrays),
        views,
        _prior_view(found["terms"], arrays, prompt, pool),
        seen,
        arrays["seen prior"],
        arrays["residual"],
        Rounding(**header["rounding"]),
        header["versions"],
    )


def _shared_arrays(shared: Shared) -> Arrays:
    return {"log_variances": shared.log_variances, **_prior_arrays(shared.prior)}


def _shared_header(shared: Shared) -> dict[str, Any]:
    numbers = [shared.slope, shared.widening, shared.stretch]
    return {"mean": shared.prior.mean, "numbers": numbers}


def _shared(header: Mapping[str, Any], arrays: Arrays) -> Shared:
    return Shared(_prior(header["mean"], arrays), arrays["log_variances"], *header["numbers"])


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
    view = _prior_view(found["terms"], arrays, prompt, vectors)
    return Borrowed(_prior(found["mean"], arrays), view, found["centre"], found["spread"])


def _prior_view_arrays(view: PriorView) -> Arrays:
    words, characters = view.spaces
    return {
        "usual/mean": view.usual.mean,
        "usual/deviation": view.usual.deviation,
        "prior words/idf": words.weights,
        "prior characters/idf": characters.weights,
    }


def _prior_view(
    terms: Sequence[Sequence[str]], arrays: Arrays, prompt: Prompt, vectors: Mapping[str, Any]
) -> PriorView:
    words, characters = (
        TermSpace(tuple(ours), arrays[f"prior {name}/idf"])
        for name, ours in zip(("words", "characters"), terms, strict=True)
    )
    usual = Table(arrays["usual/mean"], arrays["usual/deviation"])
    return PriorView(prompt, (words, characters), vectors, usual)


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
