"""The columns of each kind of file; headings and words belong to the format, not to a language."""

from datetime import date

from web.personnel.importing.records import Column, Kind

STANDINGS = {
    "above": "di atas ekspektasi",
    "meets": "sesuai ekspektasi",
    "below": "di bawah ekspektasi",
}

SHEET_NAMES = {
    Kind.PEOPLE: "Pegawai",
    Kind.PERFORMANCE: "Kinerja",
    Kind.TALENT_SCORES: "Nilai talenta",
}

_NIP = Column("nip", "NIP", "198503212010011001")

COLUMNS = {
    Kind.PEOPLE: (
        _NIP,
        Column("name", "Nama", "Siti Rahmawati"),
        Column("unit_code", "Kode unit", "DPMPTSP"),
        Column("unit_name", "Nama unit", "Dinas Penanaman Modal dan PTSP"),
        Column("position_code", "Kode jabatan", "DPMPTSP-012"),
        Column("position_title", "Jabatan", "Kepala Seksi Pelayanan Perizinan"),
        Column("job_class", "Kelas jabatan", "pengawas"),
    ),
    Kind.PERFORMANCE: (
        _NIP,
        Column("year", "Tahun", 2025),
        Column("results", "Hasil kerja", STANDINGS["above"]),
        Column("behaviour", "Perilaku", STANDINGS["meets"]),
        Column("source", "Sumber", "SKP 2025", optional=True),
    ),
    Kind.TALENT_SCORES: (
        _NIP,
        Column("component", "Komponen", "awards"),
        Column("value", "Nilai", 80),
        Column("dated", "Tanggal", date(2026, 1, 15)),
        Column("source", "Sumber", "Keputusan Wali Kota 12/2026"),
    ),
}
