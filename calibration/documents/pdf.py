"""A document as an accessible PDF (PDF/UA-1), set by Typst with the fonts that it carries."""

import json
from importlib import resources
from typing import Any

import typst

from calibration.documents.content import Document, DocumentError, Section
from calibration.documents.drawing import draw

FONT = "Libertinus Serif"
FULL, HALF = 440, 300
LOW = 200
"""Height of a chart that stands beside a table, so that three items share a page."""


def pdf(document: Document) -> bytes:
    """The whole file; the same document gives the same bytes.

    Raises
    ------
    DocumentError
        If a chart cannot be drawn, or Typst refuses the document.
    """
    template = resources.files("calibration.documents").joinpath("report.typ").read_bytes()
    content = {
        "title": document.title,
        "language": document.language,
        "sections": [_section(section, document.language) for section in document.sections],
    }
    try:
        return typst.compile(
            template,
            sys_inputs={"document": json.dumps(content)},
            format="pdf",
            pdf_standards="ua-1",
        )
    except typst.TypstError as error:
        raise DocumentError(f"Typst cannot set {document.title!r}: {error.message}") from error


def _section(section: Section, language: str) -> dict[str, Any]:
    width, height = (HALF, LOW) if section.beside else (FULL, None)
    return {
        "title": section.title,
        "paragraphs": section.paragraphs,
        "remarks": section.remarks,
        "figures": [
            {
                "caption": figure.caption,
                "alternative": figure.alternative,
                "svg": draw(figure, language=language, font=FONT, width=width, height=height),
            }
            for figure in section.figures
        ],
        "tables": [
            {
                "caption": table.caption,
                "head": table.head,
                "rows": table.rows,
                "text_columns": table.text_columns,
            }
            for table in section.tables
        ],
        "sections": [_section(inner, language) for inner in section.sections],
        "beside": section.beside,
    }
