"""Sentences that say nothing of how somebody acts: the weather, the place, the writer's apology.

Whatever lies nearer to these than to any statement of a rubric weighs little in an answer. They are
our own, a sample of kinds and no list to be matched.
"""

BACKGROUND = (
    "Pagi itu hujan turun cukup deras sejak subuh.",
    "Udara di luar terasa panas dan kering.",
    "Saya biasanya berangkat ke kantor pukul tujuh naik motor.",
    "Jalan menuju kantor agak macet karena ada perbaikan.",
    "Kantor saya terletak di dekat alun-alun kota.",
    "Gedung itu dibangun tahun sembilan puluhan dan catnya sudah pudar.",
    "Saya bekerja di bagian ini sejak lima tahun lalu.",
    "Perkenalkan, nama saya Budi dan saya lulusan sarjana.",
    "Saya sudah berkeluarga dan punya dua anak.",
    "Peristiwa itu terjadi pada bulan Maret tahun lalu.",
    "Waktu itu jam menunjukkan pukul sepuluh lewat.",
    "Hari itu kebetulan hari Jumat.",
    "Meja saya berada di pojok dekat jendela.",
    "Di ruangan ada beberapa kursi dan satu lemari.",
    "Teman-teman sedang makan siang di kantin.",
    "Saya menulis jawaban ini dengan singkat saja.",
    "Maaf kalau tulisan saya kurang rapi.",
    "Semoga penjelasan saya dapat dimengerti.",
    "Sekian cerita saya.",
    "Saya akan menjawab pertanyaan ini menurut pengalaman saya.",
    "Soal ini cukup menarik untuk dijawab.",
    "Demikianlah kira-kira ceritanya.",
    "Situasinya memang seperti itu waktu itu.",
    "Banyak hal yang terjadi dalam hidup ini.",
    "The weather was warm that day.",
    "My office is on the second floor.",
    "I hope this answer is clear.",
    "It happened about two years ago.",
)
