"""A scoring report as a document, HTML or PDF, whole in one file."""

from pathlib import Path

from calibration.documents import check_ending
from calibration.documents.content import Document, replace_file
from scoring_models.report import ScoringReport
from web.scorer.sections import sections
from web.scorer.words import words_of


def write_report(report: ScoringReport, path: Path, *, language: str) -> None:
    """Write a report with charts as one file that needs no other.

    Parameters
    ----------
    report : ScoringReport
    path : Path
        Ending in .html or .pdf. A file that is there is replaced when the new one is complete.
    language : {"id", "en"}

    Raises
    ------
    DocumentError
        If the ending or the language is another, or the file cannot be written.
    """
    check_ending(path)
    words = words_of(language)
    document = Document(words.title, language, sections(report, words, language))
    if path.suffix.lower() == ".html":
        from calibration.documents.html import html

        replace_file(path, html(document))
    else:
        from calibration.documents.pdf import pdf

        replace_file(path, pdf(document))
