"""What calibration refuses, in the words of whoever uploaded the file."""

import re
from collections.abc import Callable, Sequence

from flask_babel import gettext as _

Words = Callable[[dict[str, str]], str]


def in_words(problem: str) -> str:
    """The Indonesian sentence of a calibration error; the original words where none is known."""
    known = _first(_SENTENCES, problem)
    return known or str(_("Berkas ini tidak dapat dikalibrasi: %(problem)s", problem=problem))


def note_in_words(note: str) -> str:
    """The Indonesian sentence of a result's note; the original words where none is known."""
    return _first(_NOTES, note) or note


def _first(sentences: Sequence[tuple[re.Pattern[str], Words]], said: str) -> str | None:
    for pattern, words in sentences:
        found = pattern.search(said)
        if found:
            return words({name: _plain(value) for name, value in found.groupdict().items()})
    return None


def _plain(value: str) -> str:
    """Names without Python's quotes, a sheet and the length of a cut list in Indonesian."""
    value = re.sub(r", sheet '(.+)'$", lambda sheet: _(', lembar "%(name)s"', name=sheet[1]), value)
    value = re.sub(r" and (\d+) more$", lambda more: _(" dan %(n)s lainnya", n=more[1]), value)
    return re.sub(r"(?<![^ ])'([^']*)'(?![^ ,])", r"\1", value.strip())


def _sentence(pattern: str, words: Words) -> tuple[re.Pattern[str], Words]:
    return re.compile(pattern, re.DOTALL), words


_ROW = r"(?P<where>[^\n]*?), row (?P<row>\d+)"
_PLACE = rf"{_ROW}, column (?P<column>.+?): (?P<cell>.+?)"

_SENTENCES = (
    _sentence(
        rf"^{_PLACE} is no category code",
        lambda found: _(
            '%(where)s, baris %(row)s, kolom "%(column)s": isi "%(cell)s" bukan kode kategori. '
            "Tulis bilangan bulat dari 0 sampai 99, atau kosongkan sel itu bila butirnya tidak "
            "disajikan. Belum ada data yang disimpan.",
            **found,
        ),
    ),
    _sentence(
        rf"^{_PLACE} is no frequency",
        lambda found: _(
            '%(where)s, baris %(row)s, kolom "%(column)s": isi "%(cell)s" bukan frekuensi. Tulis '
            "bilangan 0 atau lebih. Belum ada data yang disimpan.",
            **found,
        ),
    ),
    _sentence(
        rf"^{_ROW}: (?P<cells>\d+) cells, but the header has (?P<columns>\d+)",
        lambda found: _(
            "%(where)s, baris %(row)s: %(cells)s sel ditemukan, seharusnya %(columns)s seperti "
            "baris judul. Biarkan sel kosong untuk butir yang tidak disajikan. Belum ada data "
            "yang disimpan.",
            **found,
        ),
    ),
    _sentence(
        r"^(?P<where>[^\n]*?), row 1, column (?P<column>\d+): the header is empty",
        lambda found: _(
            "%(where)s, baris 1, kolom ke-%(column)s: judulnya kosong. Tulis nama butirnya. Belum "
            "ada data yang disimpan.",
            **found,
        ),
    ),
    _sentence(
        r"^(?P<where>[^\n]*?), row 1, column (?P<column>\d+): (?P<name>.+?) occurs twice",
        lambda found: _(
            '%(where)s, baris 1, kolom ke-%(column)s: nama "%(name)s" muncul dua kali. Beri '
            "setiap butir nama sendiri. Belum ada data yang disimpan.",
            **found,
        ),
    ),
    _sentence(
        r"^(?P<where>[^\n]*?): no column is named (?P<name>.+?); there are (?P<known>.+)$",
        lambda found: _(
            '%(where)s tidak memiliki kolom "%(name)s". Kolom yang ada: %(known)s.', **found
        ),
    ),
    _sentence(
        r"^(?P<where>[^\n]*?): there is no row below the header",
        lambda found: _(
            "%(where)s tidak memiliki baris jawaban di bawah judul. Tambahkan satu baris untuk "
            "setiap orang.",
            **found,
        ),
    ),
    _sentence(
        r"the file must end in \.csv or \.xlsx",
        lambda _found: _("Berkas harus berakhiran .csv atau .xlsx. Simpan sebagai salah satunya."),
    ),
    _sentence(
        r"not UTF-8 text",
        lambda _found: _("Berkas bukan teks UTF-8. Simpan ulang sebagai CSV UTF-8."),
    ),
    _sentence(
        r"(the file is empty|' is empty;)",
        lambda _found: _("Berkas ini kosong. Baris pertamanya harus memuat nama butir."),
    ),
    _sentence(
        r"(not readable as CSV|not a readable XLSX)",
        lambda _found: _(
            "Berkas ini tidak dapat dibaca. Buka di aplikasi lembar kerja, lalu simpan ulang."
        ),
    ),
    _sentence(
        r"item (?P<names>.+) was answered by nobody",
        lambda found: _("Butir %(names)s tidak dijawab oleh siapa pun. Hapus kolomnya.", **found),
    ),
    _sentence(
        r"item (?P<names>.+) was answered alike by everybody",
        lambda found: _(
            "Butir %(names)s dijawab sama oleh semua orang, sehingga tidak dapat diperkirakan. "
            "Hapus kolomnya.",
            **found,
        ),
    ),
    _sentence(
        r"^item (?P<name>.+?) has code (?P<code>\d+), but (?P<model>\w+) knows right and wrong",
        lambda found: _(
            'Butir "%(name)s" memuat kode %(code)s, sedangkan model %(model)s hanya mengenal '
            "salah dan benar. Pilih GRM atau GPCM, atau ubah skornya menjadi dua kategori.",
            **found,
        ),
    ),
    _sentence(
        r"code (?P<code>\d+) of item (?P<name>.+?) never occurs, though (?P<top>\d+) does",
        lambda found: _(
            'Kode %(code)s pada butir "%(name)s" tidak pernah muncul, padahal kode %(top)s ada. '
            "Gabungkan kategorinya, atau kosongkan sel bila kode itu berarti tidak menjawab.",
            **found,
        ),
    ),
    _sentence(
        r"codes must start at 0 or 1; the lowest is (?P<lowest>\d+)",
        lambda found: _(
            "Kode harus mulai dari 0 atau 1; kode terendah di berkas ini %(lowest)s.", **found
        ),
    ),
    _sentence(
        r"the slope of (?P<names>.+?) grows without end",
        lambda found: _(
            "Daya beda butir %(names)s naik tanpa batas: butir itu mengulang butir lain, atau "
            "memisahkan orang tanpa galat. Keluarkan butir itu, atau pilih model Rasch atau 1PL.",
            **found,
        ),
    ),
    _sentence(
        r"the data do not determine the parameters of (?P<names>.+?); leave",
        lambda found: _(
            "Data ini tidak cukup untuk menentukan parameter butir %(names)s. Keluarkan butir "
            "itu, atau pilih model yang lebih sederhana.",
            **found,
        ),
    ),
    _sentence(
        r"^interrupted$",
        lambda _found: _(
            "Kalibrasi terhenti karena gangguan pada sistem, bukan karena data Anda. Unggah lagi "
            "berkasnya."
        ),
    ),
)

_NOTES = (
    _sentence(
        r"^codes start at 1",
        lambda _found: _("Kode di berkas mulai dari 1; kode 1 dihitung sebagai kategori 0."),
    ),
    _sentence(
        r"^left out, no answer: person (?P<rows>.+)$",
        lambda found: _("Tidak dipakai karena tanpa jawaban: orang ke-%(rows)s.", **found),
    ),
    _sentence(
        r"^left out, weight 0: person (?P<rows>.+)$",
        lambda found: _("Tidak dipakai karena berfrekuensi 0: orang ke-%(rows)s.", **found),
    ),
    _sentence(
        r"^not converged: a further step would change a parameter by (?P<change>.+)$",
        lambda found: _(
            "Belum konvergen: satu putaran lagi masih mengubah parameter sebesar %(change)s.",
            **found,
        ),
    ),
    _sentence(
        r"^item (?P<name>.+) has a slope of (?P<slope>\S+); check its key",
        lambda found: _(
            "Daya beda butir %(name)s adalah %(slope)s, tidak positif; periksa kuncinya.", **found
        ),
    ),
)
