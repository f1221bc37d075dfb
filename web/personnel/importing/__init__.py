"""Files of people, performance and talent scores: read with every fault named, then written."""

from web.personnel.importing.known import known_records, recorded_components
from web.personnel.importing.reading import read_content, read_file
from web.personnel.importing.records import Issue, Kind, Known, ReadImport
from web.personnel.importing.template import template_file
from web.personnel.importing.writing import Counts, compare, write_rows

__all__ = [
    "Counts",
    "Issue",
    "Kind",
    "Known",
    "ReadImport",
    "compare",
    "known_records",
    "read_content",
    "read_file",
    "recorded_components",
    "template_file",
    "write_rows",
]
