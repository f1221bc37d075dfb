"""Whether a text says what another says, or the opposite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from scoring_models.errors import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from scoring_models.encoders.lowrank import PairHead

FloatArray = npt.NDArray[np.float64]

# beside the encoder and not in it, so that an encoder stays an ordinary model
_HEADS: WeakKeyDictionary[SentenceTransformer, PairHead] = WeakKeyDictionary()


def attach(encoder: SentenceTransformer, head: PairHead) -> None:
    """Give an encoder its pair head."""
    _HEADS[encoder] = head


def has_polarity(encoder: SentenceTransformer) -> bool:
    """Say whether ``polarity`` works with this encoder: it carries a polarity adapter."""
    return encoder in _HEADS


def polarity(
    encoder: SentenceTransformer, first: Sequence[str], second: Sequence[str]
) -> FloatArray:
    """Return for each pair of texts how far the first speaks for the second.

    Parameters
    ----------
    encoder : SentenceTransformer
        One that carries a polarity adapter, see ``has_polarity``.
    first, second : sequence of str
        Of equal length: what was said, and the statement that it may support or deny.

    Returns
    -------
    array of shape (n,)
        Log of p(entailment) / p(contradiction): above 0 for the statement, below 0 against it.

    Raises
    ------
    EncoderError
        If the encoder has no adapter or the lengths differ.
    """
    texts = list(dict.fromkeys([*first, *second]))
    row = {text: i for i, text in enumerate(texts)}
    vectors = encoder.encode(texts, show_progress_bar=False) if texts else np.empty((0, 1))
    return polarity_of_vectors(
        encoder, vectors[[row[t] for t in first]], vectors[[row[t] for t in second]]
    )


def polarity_of_vectors(
    encoder: SentenceTransformer, first: npt.ArrayLike, second: npt.ArrayLike
) -> FloatArray:
    """Return ``polarity`` from embeddings, each of shape ``(n, dimension)``; see there."""
    import torch

    head = _HEADS.get(encoder)
    if head is None:
        raise EncoderError("the encoder has no polarity adapter; load the default encoder")
    one, two = (torch.as_tensor(np.asarray(v, dtype=np.float32)) for v in (first, second))
    if one.shape != two.shape:
        raise EncoderError(f"{len(one)} texts came with {len(two)} texts to compare them with")
    if not len(one):
        return np.empty(0)
    with torch.inference_mode():
        logits = head(one, two).double().numpy()
    difference: FloatArray = logits[:, 0] - logits[:, 2]
    return difference
