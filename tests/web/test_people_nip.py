"""NIP checks, by the numbers' own parts."""

from datetime import date

import pytest

from web.people.nip import check_nip

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    "nip", ["198001012005011001", "198502292010012002"[:4] + "0228" + "2010012002"]
)
def test_a_sound_number_passes(nip: str) -> None:
    found = check_nip(nip, TODAY)
    assert (found.error, found.warning) == ("", "")


@pytest.mark.parametrize(
    ("nip", "words"),
    [
        ("1980010120050110", "16 angka ditemukan, seharusnya 18"),
        ("1980010120050110010", "19 angka ditemukan, seharusnya 18"),
        ("19800101200501100A", "Ada huruf"),
        ("1980-0101-2005-011", "Ada huruf"),
        ("١٩٨٠٠١٠١٢٠٠٥٠١١٠٠١", "Ada huruf"),
        ("198013012005011001", "bukan tanggal lahir"),
        ("198502292010011001", "bukan tanggal lahir"),
        ("203001012005011001", "bukan tanggal lahir"),
        ("198001012005001001", "bukan bulan pengangkatan"),
        ("198001012005131001", "(13) bukan bulan pengangkatan"),
        ("198001012005013001", "Angka ke-15 adalah 3"),
    ],
)
def test_a_faulty_number_is_refused_with_its_reason(nip: str, words: str) -> None:
    assert words in check_nip(nip, TODAY).error


def test_a_number_of_a_pppk_is_let_through_with_a_warning() -> None:
    found = check_nip("198506032021211001", TODAY)
    assert found.error == ""
    assert "PPPK" in found.warning


@pytest.mark.parametrize("nip", ["200001012010011001", "198001012030011001"])
def test_an_unlikely_appointment_is_let_through_with_a_warning(nip: str) -> None:
    found = check_nip(nip, TODAY)
    assert found.error == ""
    assert "tidak lazim" in found.warning
