"""A document as one HTML page: no scripts, nothing loaded from elsewhere, readable on paper."""

from collections.abc import Iterator
from html import escape
from itertools import count

from calibration.documents.content import Document, Figure, Section, Table
from calibration.documents.drawing import draw, inline

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
FULL, HALF = 600, 380
DEEPEST = 6

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif;
  color: #14181f; background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.75rem; line-height: 1.2; }
h2 { font-size: 1.3rem; margin-top: 2.5rem; border-bottom: 1px solid #c9d0d9; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
p, ul { max-width: 70ch; }
table { border-collapse: collapse; min-width: 26rem; margin: 1rem 0;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #505a68; padding-bottom: .35rem; max-width: 70ch; }
th, td { padding: .2rem .9rem .2rem 0; text-align: right; vertical-align: top; }
th { font-weight: 600; }
th.text, td.text { text-align: left; overflow-wrap: anywhere; min-width: 6rem; }
tbody th { font-weight: 400; }
thead th { border-bottom: 1px solid #505a68; vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid #c9d0d9; }
figure { margin: 1rem 0; }
figure svg { max-width: 100%; height: auto; display: block; }
figcaption { color: #505a68; max-width: 70ch; }
.beside { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: flex-start; }
.beside table { font-size: .85rem; min-width: 0; }
.wide { overflow-x: auto; }
@media print {
  @page { size: A4; margin: 18mm 16mm; }
  body { font-size: 10pt; max-width: none; margin: 0; padding: 0; }
  section.unbroken, figure, tr { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .wide { overflow: visible; }
}
"""


def html(document: Document) -> bytes:
    """The whole page, UTF-8.

    Raises
    ------
    DocumentError
        If a chart cannot be drawn.
    """
    names = count(1)
    body = "".join(
        part for section in document.sections for part in _section(section, 2, names, document)
    )
    title = escape(document.title)
    page = (
        f'<!DOCTYPE html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
    return page.encode()


def _section(
    section: Section, level: int, names: Iterator[int], document: Document
) -> Iterator[str]:
    heading = f"h{min(level, DEEPEST)}"
    unbroken = ' class="unbroken"' if section.beside else ""
    yield f"<section{unbroken}>\n<{heading}>{escape(section.title)}</{heading}>\n"
    yield from (f"<p>{escape(words)}</p>\n" for words in section.paragraphs)
    if section.remarks:
        yield "<ul>\n"
        yield from (f"<li>{escape(words)}</li>\n" for words in section.remarks)
        yield "</ul>\n"
    if section.beside:
        yield '<div class="beside">\n'
    width = HALF if section.beside else FULL
    yield from (_figure(one, width, next(names), document.language) for one in section.figures)
    yield from (_table(one) for one in section.tables)
    if section.beside:
        yield "</div>\n"
    for inner in section.sections:
        yield from _section(inner, level + 1, names, document)
    yield "</section>\n"


def _figure(figure: Figure, width: int, place: int, language: str) -> str:
    svg = inline(draw(figure, language=language, font=FONT, width=width), f"chart{place}")
    return (
        f'<figure>\n<div role="img" aria-label="{escape(figure.alternative)}">{svg}</div>\n'
        f"<figcaption>{escape(figure.caption)}</figcaption>\n</figure>\n"
    )


def _table(table: Table) -> str:
    kinds = [
        ' class="text"' if place < table.text_columns else "" for place in range(len(table.head))
    ]
    head = "".join(
        f'<th scope="col"{kind}>{escape(cell)}</th>'
        for kind, cell in zip(kinds, table.head, strict=True)
    )
    rows = "".join(
        "<tr>"
        + f'<th scope="row"{kinds[0]}>{escape(row[0])}</th>'
        + "".join(
            f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds[1:], row[1:], strict=True)
        )
        + "</tr>\n"
        for row in table.rows
    )
    return (
        f'<div class="wide"><table>\n<caption>{escape(table.caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )
