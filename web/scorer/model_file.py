"""A scorer as one file: a zip of the prompts' models and a manifest that names and seals them."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calibration.documents.content import replace_file
from web.scorer.errors import ScorerFileError

if TYPE_CHECKING:
    from scoring_models.scored.store import PromptModel

FORMAT, VERSION = "takar-scorer", 1
MANIFEST = "manifest.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Trained:
    """What the manifest says of one prompt's model.

    ``seen`` are digests of the texts that it learned from, so that no evaluation uses them.
    ``limit`` is the greatest risk that it decides on, ``accepted`` whether its own cross-validation
    passed every condition. ``prior`` says of how many other prompts and answers it learned, with
    the digest of what they share; None where it learned from its own alone.
    """

    item: str
    stage: str
    n_answers: int
    accepted: bool
    limit: float
    sha256: str
    seen: tuple[str, ...]
    prior: Mapping[str, int | str] | None = None


@dataclass(frozen=True)
class Scorer:
    """All of a model file.

    ``quantile`` is that of the conformal sets of ``coverage``, None where too few answers were
    there; ``curve`` holds (answers a prompt, kappa, prompts).
    """

    encoder: str
    encoder_name: str | None
    bank_sha256: str
    data: str
    data_sha256: str
    synthetic: bool
    coverage: float
    quantile: float | None
    curve: tuple[tuple[int, float, int], ...]
    trained: tuple[Trained, ...]
    models: Mapping[str, bytes]
    digest: str = ""

    def model(self, item: str) -> "PromptModel":
        """The model of one prompt, checked."""
        from scoring_models.scored.store import from_bytes

        return from_bytes(self.models[item])


def write_scorer(scorer: Scorer, path: Path) -> str:
    """Write a scorer and return the SHA-256 of its manifest, which names it.

    Raises
    ------
    DocumentError
        If the file cannot be written.
    """
    said = asdict(scorer)
    for name in ("models", "digest"):
        del said[name]
    manifest = {"format": FORMAT, "version": VERSION, **said}
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # the models are packed already
        archive.writestr(zipfile.ZipInfo(MANIFEST, _EPOCH), text)
        for item, content in sorted(scorer.models.items()):
            archive.writestr(zipfile.ZipInfo(f"models/{item}.npz", _EPOCH), content)
    replace_file(path, out.getvalue())
    return hashlib.sha256(text).hexdigest()


def read_scorer(path: Path) -> Scorer:
    """Read a scorer.

    Raises
    ------
    ScorerFileError
        If it is no such file, of another version, or altered since it was written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(MANIFEST)
            manifest = json.loads(text)
            if (manifest.pop("format"), manifest.pop("version")) != (FORMAT, VERSION):
                raise ValueError(f"it is not a {FORMAT} of version {VERSION}")
            trained = tuple(_trained(one) for one in manifest.pop("trained"))
            models = {one.item: archive.read(f"models/{one.item}.npz") for one in trained}
        curve = tuple((int(n), float(kappa), int(k)) for n, kappa, k in manifest.pop("curve"))
        scorer = Scorer(
            **manifest,
            curve=curve,
            trained=trained,
            models=models,
            digest=hashlib.sha256(text).hexdigest(),
        )
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise ScorerFileError(
            [f"{path.name}: not a model of takar score train: {error}; train it anew"]
        ) from error
    altered = [
        one.item for one in trained if hashlib.sha256(models[one.item]).hexdigest() != one.sha256
    ]
    if altered:
        raise ScorerFileError(
            [
                f"{path.name}: the model of {item} was altered since it was written"
                for item in altered
            ]
        )
    return scorer


def _trained(entry: dict[str, Any]) -> Trained:
    return Trained(**{**entry, "seen": tuple(entry["seen"])})
