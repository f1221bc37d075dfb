"""NIP: eighteen digits that tell a birth date, an appointment, a sex and a sequence."""

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

LENGTH = 18
LAST_MONTH = 12
FIRST_PPPK_MONTH = 21
YOUNGEST = 15


@dataclass(frozen=True, slots=True)
class NipCheck:
    """``error`` refuses the number, ``warning`` asks to look again; words, empty if none."""

    error: str = ""
    warning: str = ""


def check_nip(nip: str, today: date) -> NipCheck:
    """Check a NIP: YYYYMMDD of birth, YYYYMM of appointment, 1 or 2, three digits of sequence.

    Numbers of PPPK carry 21 and above in place of the month of appointment; they are let through
    with a warning.
    """
    if not (nip.isascii() and nip.isdigit()):
        return NipCheck(
            error=_("Ada huruf atau tanda lain, seharusnya 18 angka. Tulis NIP dengan angka saja.")
        )
    if len(nip) != LENGTH:
        return NipCheck(
            error=_(
                "%(n)s angka ditemukan, seharusnya 18. Periksa NIP pada dokumen aslinya.",
                n=len(nip),
            )
        )
    born = _birth(nip)
    if born is None or born > today:
        return NipCheck(
            error=_(
                "Angka ke-1 sampai ke-8 bukan tanggal lahir, seharusnya tahun, bulan, hari "
                "(misalnya 19850321). Periksa NIP-nya."
            )
        )
    return _appointment(nip, born, today)


def _birth(nip: str) -> date | None:
    try:
        return date(int(nip[:4]), int(nip[4:6]), int(nip[6:8]))
    except ValueError:
        return None


def _appointment(nip: str, born: date, today: date) -> NipCheck:
    year, month, sex = int(nip[8:12]), int(nip[12:14]), nip[14]
    pppk = month >= FIRST_PPPK_MONTH
    if not pppk and not 1 <= month <= LAST_MONTH:
        return NipCheck(
            error=_(
                "Angka ke-13 dan ke-14 (%(came)s) bukan bulan pengangkatan, seharusnya 01 sampai "
                "12. Periksa NIP-nya.",
                came=nip[12:14],
            )
        )
    if sex not in "12" and not pppk:
        return NipCheck(
            error=_(
                "Angka ke-15 adalah %(came)s, seharusnya 1 (laki-laki) atau 2 (perempuan). "
                "Periksa NIP-nya.",
                came=sex,
            )
        )
    if pppk:
        return NipCheck(
            warning=_(
                "NIP ini berpola PPPK (angka ke-13 dan ke-14 adalah %(came)s). Pastikan pegawai "
                "ini memang PPPK.",
                came=nip[12:14],
            )
        )
    if year - born.year < YOUNGEST or (year, month) > (today.year + 1, today.month):
        return NipCheck(
            warning=_(
                "Tahun pengangkatan %(year)s tidak lazim untuk tahun lahir %(born)s. Periksa "
                "NIP-nya.",
                year=year,
                born=born.year,
            )
        )
    return NipCheck()
