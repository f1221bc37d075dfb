"""Arrays and a header as bytes, and back: an ``npz`` archive, sealed, nothing that could run."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring_models.errors import ModelFileError

LAYOUT = 2
_EPOCH = (1980, 1, 1, 0, 0, 0)
_HEADER = "header.json"

Arrays = dict[str, npt.NDArray[Any]]


def digest(data: bytes) -> str:
    """Return the SHA-256 that names a model beside every score it gave."""
    return hashlib.sha256(data).hexdigest()


def packed(header: dict[str, Any], arrays: Arrays) -> bytes:
    """Return both as bytes; the same contents always give the same bytes."""
    header = {"layout": LAYOUT, **header}
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


def unpacked(data: bytes) -> tuple[dict[str, Any], Arrays]:
    """Return what ``packed`` was given.

    Raises
    ------
    ModelFileError
        If the bytes are not such an archive, of another layout, or altered.
    """
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
