"""Texts of a bank and of answers, with the vectors of an encoder."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from item_bank.importing.bank import read_bank

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from scoring_models.scored.features import Prompt, Texts


@dataclass(frozen=True)
class Question:
    """A free-text item: what it asks, what its rubric calls good, and what it calls bad."""

    stem: str
    keys: tuple[str, ...]
    negatives: tuple[str, ...]


def questions(folder: Path) -> dict[str, Question]:
    """The bank's free-text items by code.

    Raises
    ------
    ImportFileError
        If the folder is not a bank.
    """
    return {
        item.code: Question(
            item.stem,
            tuple(text for level in item.rubric.levels[3:] for text in level.anchors),
            tuple(text for level in item.rubric.levels for text in level.negatives),
        )
        for file in read_bank(folder).files
        for item in file.content.items
        if item.kind == "free_text"
    }


class Encoder:
    """The default encoder, or any other by name or path; loaded when the first text comes."""

    def __init__(self, name: str | None) -> None:
        self._name = name

    @cached_property
    def _encoder(self) -> "SentenceTransformer":
        from scoring_models import load_encoder

        # thousands of texts at once, where two threads pay; an answer at a time does with one
        return load_encoder(self._name, threads=min(2, os.cpu_count() or 1))

    @cached_property
    def version(self) -> str:
        """Name, version and digest of the weights."""
        from scoring_models import encoder_version

        return str(encoder_version(self._encoder))

    def texts(self, texts: Sequence[str]) -> "Texts":
        """Texts with this encoder's vectors."""
        from scoring_models.scored.features import Texts

        if not texts:
            return Texts(())
        vectors = self._encoder.encode(list(texts), show_progress_bar=False)
        return Texts(tuple(texts), {"sentence": np.asarray(vectors, dtype=np.float64)})

    def prompt(self, question: Question) -> "Prompt":
        """A question with its reference answers."""
        from scoring_models.scored.features import Prompt

        return Prompt(*map(self.texts, ((question.stem,), question.keys, question.negatives)))


def by_item(items: Sequence[str]) -> Mapping[str, "np.ndarray[tuple[int], np.dtype[np.intp]]"]:
    """Rows of each item, items in alphabetical order."""
    names = np.asarray(items)
    return {str(item): np.flatnonzero(names == item) for item in np.unique(names)}
