"""A calibration as a document: HTML or PDF, whole in one file."""

from collections.abc import Sequence
from pathlib import Path

import numpy.typing as npt

from calibration.documents.content import (
    DocumentError,
    Figure,
    Section,
    Table,
    replace_file,
)
from calibration.posterior import Categories
from calibration.result import CalibrationResult

__all__ = ["DocumentError", "Figure", "Section", "Table", "check_ending", "write_report"]

ENDINGS = (".html", ".pdf")


def check_ending(path: Path) -> None:
    """Refuse what is neither .html nor .pdf, before anything is computed for it.

    Raises
    ------
    DocumentError
    """
    if path.suffix.lower() not in ENDINGS:
        raise DocumentError(
            f"{path.name}: a report ends in {' or '.join(ENDINGS)}; came "
            f"{path.suffix or 'no ending'!r}"
        )


def write_report(
    result: CalibrationResult,
    path: str | Path,
    *,
    categories: Categories | None = None,
    weights: npt.ArrayLike | None = None,
    language: str = "en",
    title: str | None = None,
    more: Sequence[Section] = (),
) -> None:
    """Write a report of a calibration, with charts, as one file that needs no other.

    Parameters
    ----------
    result : CalibrationResult
    path : str or Path
        Where to; the ending, .html or .pdf, says what. A file that is there is replaced when the
        new one is complete.
    categories : array of shape (n_persons, n_items), optional
        From ``calibration.prepare.categories_for``, in the order of ``result.items``; with them
        the items' curves have observed proportions.
    weights : array of shape (n_persons,), optional
        How often each of these rows occurred.
    language : {"en", "id"}
    title : str, optional
        Heading of the report.
    more : sequence of Section
        What else to tell, such as fit, DIF and drift; it stands before the provenance.

    Raises
    ------
    DocumentError
        If the ending or the language is another, a chart cannot be drawn, or the file cannot be
        written. The file that was there is then as it was.
    DataError
        If ``categories`` or ``weights`` do not fit the items.
    """
    target = Path(path)
    check_ending(target)
    from calibration.documents.compose import compose  # altair, vl-convert and typst are heavy

    document = compose(
        result,
        categories=categories,
        weights=weights,
        language=language,
        title=title,
        more=more,
    )
    if target.suffix.lower() == ".html":
        from calibration.documents.html import html

        content = html(document)
    else:
        from calibration.documents.pdf import pdf

        content = pdf(document)
    replace_file(target, content)
