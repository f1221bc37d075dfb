"""Sparse term vectors of answers: word and character n-grams on normalised text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scoring_models import text as reading

FloatArray = npt.NDArray[np.float64]

_TOKEN = re.compile(r"[^\W_]+")
_REMEMBERED = 4096  # texts; training reads the answers of one prompt several times
_STRETCHED = re.compile(r"(\w)\1{2,}")
_WRITTEN_OUT = """
    yg=yang dgn=dengan dg=dengan tdk=tidak gak=tidak ga=tidak nggak=tidak ngga=tidak enggak=tidak
    tak=tidak gk=tidak krn=karena karna=karena utk=untuk untk=untuk dr=dari dri=dari dlm=dalam
    pd=pada kpd=kepada sdh=sudah udah=sudah udh=sudah blm=belum belom=belum jg=juga jgn=jangan
    dpt=dapat bs=bisa bsa=bisa hrs=harus klo=kalau kalo=kalau klu=kalau jk=jika shg=sehingga
    sehinga=sehingga spy=supaya sblm=sebelum stlh=setelah tsb=tersebut tp=tapi tpi=tapi
    sm=sama sma=sama org=orang orng=orang bgt=banget bnyk=banyak byk=banyak lbh=lebih bhw=bahwa
    sbg=sebagai thd=terhadap dll=lainnya dsb=sebagainya spt=seperti sprti=seperti spti=seperti
    bbrp=beberapa jd=jadi jdi=jadi aja=saja sj=saja trus=terus trs=terus lg=lagi lgi=lagi mrk=mereka
    skrg=sekarang hnya=hanya hny=hanya pny=punya brp=berapa gmn=bagaimana bgmn=bagaimana
    knp=kenapa krg=kurang msh=masih msih=masih smua=semua sluruh=seluruh mmg=memang jln=jalan
"""
_SHORT_FORMS = dict(pair.split("=") for pair in _WRITTEN_OUT.split())


def folded(text: str) -> str:
    """Return the key under which two answers are the same text: letters and digits, lower case."""
    return " ".join(_TOKEN.findall(reading.normalise(text).lower()))


@lru_cache(maxsize=_REMEMBERED)
def plain_words(text: str) -> tuple[str, ...]:
    """Return words and numbers in lower case, short forms written out, stretched letters cut."""
    tokens = (_STRETCHED.sub(r"\1", t) for t in _TOKEN.findall(reading.normalise(text).lower()))
    return tuple(_SHORT_FORMS.get(token, token) for token in tokens)


@lru_cache(maxsize=_REMEMBERED)
def word_terms(text: str) -> tuple[str, ...]:
    """Return stems and pairs of neighbouring stems."""
    stems = [_stem(word) for word in plain_words(text)]
    return (*stems, *(f"{a} {b}" for a, b in pairwise(stems)))


@lru_cache(maxsize=_REMEMBERED)
def character_terms(text: str) -> tuple[str, ...]:
    """Return runs of two to five characters inside each word, its borders marked by blanks."""
    terms: list[str] = []
    for word in plain_words(text):
        padded = f" {word} "
        for size in range(2, 6):
            terms += [padded[i : i + size] for i in range(max(1, len(padded) - size + 1))]
    return tuple(terms)


def forget() -> None:
    """Let go of the terms of texts read so far, tens of kilobytes each."""
    for reader in (plain_words, word_terms, character_terms):
        reader.cache_clear()


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return reading.stem(word)


@dataclass(frozen=True)
class TermSpace:
    """Terms with their inverse document frequencies, as learned from training answers."""

    terms: tuple[str, ...]
    weights: FloatArray

    def vectors(self, documents: Iterable[Sequence[str]]) -> sparse.csr_array:
        """Return unit vectors (1 + log count) x weight; terms that are not known are left out."""
        place = {term: i for i, term in enumerate(self.terms)}
        columns: list[int] = []
        values: list[float] = []
        starts = [0]
        for document in documents:
            counts = Counter(t for t in document if t in place)
            found = sorted(place[term] for term in counts)
            row = np.array([1 + np.log(counts[self.terms[i]]) for i in found]) * self.weights[found]
            norm = float(np.sqrt(row @ row)) or 1.0
            columns += found
            values += list(row / norm)
            starts.append(len(columns))
        shape = (len(starts) - 1, len(self.terms))
        return sparse.csr_array((np.array(values), np.array(columns, dtype=int), starts), shape)


def learn_terms(documents: Sequence[Sequence[str]]) -> TermSpace:
    """Learn the terms of ``documents`` and weigh them by ln((1 + n) / (1 + df)) + 1.

    References
    ----------
    Spärck Jones (1972), doi:10.1108/eb026526
    """
    frequency = Counter(term for document in documents for term in set(document))
    terms = tuple(sorted(frequency))
    counts = np.array([frequency[term] for term in terms], dtype=np.float64)
    return TermSpace(terms, np.log((1 + len(documents)) / (1 + counts)) + 1)
