"""The words of a scoring report, Indonesian and English."""

from collections.abc import Mapping
from dataclasses import dataclass

from calibration.documents import DocumentError


@dataclass(frozen=True, slots=True)
class Words:
    """One field a phrase; braces take values. ``names`` are those of statistics and conditions."""

    title: str
    synthetic: str
    verdict: str
    accepted: str
    refused: str
    few: str
    condition: str
    found: str
    limit: str
    outcome: str
    passed: str
    failed: str
    does_not_apply: str
    conditions_caption: str
    data: str
    fact: str
    value: str
    data_caption: str
    n: str
    persons: str
    unknown: str
    raters: str
    double: str
    left: str
    learned: str
    without: str
    level: str
    answers: str
    people: str
    machine: str
    levels_caption: str
    levels_said: str
    agreement: str
    agreement_said: str
    agreement_caption: str
    statistic: str
    interval: str
    human_human: str
    machine_human: str
    decided_alone: str
    no_pairs: str
    confusion_caption: str
    confusion_said: str
    machine_level: str
    human_level: str
    prompts: str
    prompts_caption: str
    prompt: str
    stage: str
    kappa: str
    calibration: str
    calibration_said: str
    reliability_caption: str
    reliability_table: str
    predicted: str
    observed: str
    statements: str
    coverage: str
    coverage_said: str
    no_coverage: str
    coverage_caption: str
    where: str
    covered: str
    size: str
    all_answers: str
    groups: str
    groups_said: str
    no_groups: str
    dsm_axis: str
    dsm_caption: str
    dsm_said: str
    group: str
    base: str
    base_caption: str
    human_mean: str
    machine_mean: str
    explained_caption: str
    measure: str
    share: str
    curve: str
    curve_said: str
    no_curve: str
    curve_caption: str
    scored_answers: str
    length: str
    length_said: str
    length_caption: str
    feature: str
    with_human: str
    with_machine: str
    partial: str
    provenance: str
    provenance_caption: str
    names: Mapping[str, str]


INDONESIAN = Words(
    title="Laporan penilai jawaban uraian",
    synthetic="DATA SINTETIS, BUKAN VALIDASI. Jawaban di sini ditulis untuk membangun penilai, "
    "bukan oleh peserta. Angka-angka di bawah tidak membuktikan mutu penilaian apa pun.",
    verdict="Boleh memutuskan sendiri?",
    accepted="Semua syarat terpenuhi untuk data ini. Mesin tetap menyerahkan jawaban yang "
    "meragukan kepada penilai manusia.",
    refused="Belum. Sekurangnya satu syarat tidak terpenuhi; manusia yang menilai, angka mesin "
    "hanya saran.",
    few="Hanya {n} jawaban: terlalu sedikit untuk memutuskan, karena tahap otomatis meminta "
    "sekurangnya {least} jawaban tiap soal.",
    condition="Syarat",
    found="Hasil",
    limit="Batas",
    outcome="Putusan",
    passed="terpenuhi",
    failed="tidak terpenuhi",
    does_not_apply="tidak berlaku",
    conditions_caption="Syarat agar mesin boleh memutuskan tanpa manusia.",
    data="Data",
    fact="Keterangan",
    value="Nilai",
    data_caption="Jawaban yang dinilai. Tidak satu pun dari jawaban ini dipakai melatih model.",
    n="Jawaban",
    persons="Peserta",
    unknown="tidak dicatat",
    raters="Penilai",
    double="Dinilai dua orang atau lebih",
    left="Diserahkan mesin kepada manusia",
    learned="Dikeluarkan karena dipakai melatih model",
    without="Dikeluarkan karena soalnya belum punya model",
    level="Level",
    answers="Jawaban",
    people="Manusia",
    machine="Mesin",
    levels_caption="Banyaknya jawaban pada tiap level.",
    levels_said="Rerata level menurut manusia {human}, menurut mesin {machine}.",
    agreement="Kesesuaian",
    agreement_said="Antara mesin dan manusia, QWK {kappa}{interval}.",
    agreement_caption="Kesesuaian dengan selang kepercayaan 95 % dari bootstrap; kosong bila data "
    "tidak cukup. Selisih dihitung mesin dikurangi manusia.",
    statistic="Ukuran",
    interval="95 %",
    human_human="Manusia dan manusia",
    machine_human="Mesin dan manusia",
    decided_alone="Mesin dan manusia, jawaban yang tidak diserahkan",
    no_pairs="Tidak ada jawaban yang dinilai dua orang; kesesuaian antarmanusia, PRMSE, dan "
    "penurunan karena itu tidak dapat dihitung.",
    confusion_caption="Jawaban menurut level manusia dan level mesin.",
    confusion_said="{same} dari {n} jawaban diberi level yang sama, {far} berbeda lebih dari satu "
    "level.",
    machine_level="Level mesin",
    human_level="Level manusia",
    prompts="Soal demi soal",
    prompts_caption="Kesesuaian tiap soal. Dengan sedikit jawaban, angka ini banyak dipengaruhi "
    "kebetulan.",
    prompt="Soal",
    stage="Tahap",
    kappa="QWK",
    calibration="Kalibrasi peluang",
    calibration_said="Galat kalibrasi {error}. Penilai yang peluangnya tepat benar pun akan "
    "menunjukkan sekitar {noise} dengan jawaban sebanyak ini.",
    reliability_caption="Peluang “di atas suatu level” menurut mesin dan yang terjadi. Garis "
    "putus-putus: tepat benar.",
    reliability_table="Angka di balik gambar.",
    predicted="Peluang menurut mesin",
    observed="Bagian yang terjadi",
    statements="Pernyataan",
    coverage="Himpunan level",
    coverage_said="Himpunan level dirancang memuat level manusia pada {wanted} jawaban; di sini "
    "{found}.",
    no_coverage="Tidak ada himpunan level: jawaban pelatihan terlalu sedikit.",
    coverage_caption="Bagian himpunan yang memuat level manusia.",
    where="Jawaban",
    covered="Memuat",
    size="Rerata banyaknya level",
    all_answers="semua",
    groups="Kelompok",
    groups_said="DSM membandingkan rerata baku mesin dan manusia dalam tiap kelompok; paling "
    "besar yang diterima ±{limit}. OSA: apakah kuadrat galat berbeda antarkelompok. OSD: apakah "
    "galat berbeda. CSD: apakah galat berbeda di antara orang yang oleh manusia diberi level sama.",
    no_groups="Berkas tidak memuat kolom kelompok, sehingga keadilan antarkelompok tidak dapat "
    "diperiksa.",
    dsm_axis="DSM, mesin dikurangi manusia (simpangan baku)",
    dsm_caption="Selisih rerata baku tiap kelompok; garis putus-putus: batas.",
    dsm_said="Terbesar: {group}, {value}.",
    group="Kelompok",
    base="pembanding",
    base_caption="Kelompok menurut {column}. OSA, OSD, dan CSD: selisih dari kelompok pembanding.",
    human_mean="Rerata manusia",
    machine_mean="Rerata mesin",
    explained_caption="Bagian ragam yang dijelaskan kelompok ({column}), disesuaikan, dan "
    "peluangnya bila tidak ada perbedaan.",
    measure="Ukuran",
    share="Bagian ragam",
    curve="Kurva belajar",
    curve_said="Dengan {n} jawaban ternilai tiap soal, QWK {kappa} (rerata {prompts} soal, "
    "validasi silang pada data pelatihan).",
    no_curve="Jawaban pelatihan terlalu sedikit untuk kurva belajar.",
    curve_caption="QWK menurut banyaknya jawaban ternilai tiap soal.",
    scored_answers="Jawaban ternilai tiap soal",
    length="Panjang dan ciri lain",
    length_said="Korelasi level mesin dengan banyaknya kata {machine}; di antara jawaban yang oleh "
    "manusia diberi level sama {partial}. Yang kedua seharusnya mendekati nol.",
    length_caption="Korelasi ciri jawaban dengan level; parsial: setelah level manusia "
    "diperhitungkan.",
    feature="Ciri",
    with_human="Manusia",
    with_machine="Mesin",
    partial="Parsial",
    provenance="Asal-usul",
    provenance_caption="Dari apa angka-angka ini dihitung.",
    names={
        "kappa": "QWK",
        "exact": "Tepat sama",
        "adjacent": "Berbeda paling banyak satu level",
        "difference": "Selisih rerata baku (SMD)",
        "correlation": "Korelasi",
        "rmse": "Akar rerata kuadrat galat, level",
        "prmse": "PRMSE terhadap skor sejati",
        "degradation": "Penurunan dari manusia-manusia (QWK)",
        "subgroup difference": "DSM kelompok terbesar",
        "calibration error": "Galat kalibrasi level terpilih",
        "accuracy": "OSA",
        "conditional": "CSD",
        "words": "banyaknya kata",
        "sentences": "banyaknya kalimat",
        "short_forms": "bagian singkatan obrolan",
        "word_length": "rerata panjang kata",
        "rubric": "rubrik",
        "prior": "awal",
        "own": "model sendiri, manusia memutuskan",
        "automatic": "otomatis",
        "model": "Model, SHA-256",
        "encoder": "Penyandi kalimat",
        "bank": "Bank soal, SHA-256",
        "training_data": "Data pelatihan",
        "data": "Data evaluasi",
        "seed": "Benih acak selang",
    },
)

ENGLISH = Words(
    title="Report on a scorer of free text",
    synthetic="SYNTHETIC DATA, NEVER VALIDATION. These answers were written to build the scorer, "
    "not by candidates. The numbers below prove nothing about the quality of any score.",
    verdict="May it decide alone?",
    accepted="Every condition is met on these answers. The machine still leaves doubtful answers "
    "to people.",
    refused="Not yet. One condition at least is not met; people score, the machine's level is "
    "advice.",
    few="Only {n} answers: too few to decide, as the automatic stage asks for {least} answers a "
    "prompt.",
    condition="Condition",
    found="Found",
    limit="Limit",
    outcome="Outcome",
    passed="met",
    failed="not met",
    does_not_apply="does not apply",
    conditions_caption="Conditions under which the machine may decide without people.",
    data="Data",
    fact="Fact",
    value="Value",
    data_caption="The answers judged. The model learned from none of them.",
    n="Answers",
    persons="Persons",
    unknown="not recorded",
    raters="Raters",
    double="Rated by two people or more",
    left="Left to people by the machine",
    learned="Left out because the model learned from them",
    without="Left out because their prompt has no model",
    level="Level",
    answers="Answers",
    people="People",
    machine="Machine",
    levels_caption="How many answers have each level.",
    levels_said="The mean level by people is {human}, by the machine {machine}.",
    agreement="Agreement",
    agreement_said="Between machine and people, QWK is {kappa}{interval}.",
    agreement_caption="Agreement with 95 % bootstrap intervals; empty where the data do not "
    "suffice. Differences are machine minus people.",
    statistic="Statistic",
    interval="95 %",
    human_human="People and people",
    machine_human="Machine and people",
    decided_alone="Machine and people, answers not left to people",
    no_pairs="No answer was rated by two people, so that agreement between people, PRMSE and "
    "degradation cannot be computed.",
    confusion_caption="Answers by the level that people gave and the level of the machine.",
    confusion_said="{same} of {n} answers have the same level, {far} differ by more than one.",
    machine_level="Level of the machine",
    human_level="Level by people",
    prompts="Prompt by prompt",
    prompts_caption="Agreement on each prompt. With few answers much of this is chance.",
    prompt="Prompt",
    stage="Stage",
    kappa="QWK",
    calibration="Calibration of probabilities",
    calibration_said="The calibration error is {error}. Even a scorer whose probabilities are "
    "exactly true would show about {noise} with so many answers.",
    reliability_caption="Probability of “above a level” by the machine, and what came true. "
    "Dashed: exactly true.",
    reliability_table="The numbers behind the chart.",
    predicted="Probability by the machine",
    observed="Share that came true",
    statements="Statements",
    coverage="Sets of levels",
    coverage_said="Sets of levels are made to hold the human level in {wanted} of the answers; "
    "here they do in {found}.",
    no_coverage="There are no sets of levels: too few training answers.",
    coverage_caption="Share of the sets that hold the human level.",
    where="Answers",
    covered="Holds",
    size="Mean number of levels",
    all_answers="all",
    groups="Groups",
    groups_said="DSM compares the standardised means of machine and people within a group; at "
    "most ±{limit} is accepted. OSA: do squared errors differ between groups. OSD: do errors "
    "differ. CSD: do errors differ between people whom people gave the same level.",
    no_groups="The file has no column of groups, so that fairness between groups cannot be judged.",
    dsm_axis="DSM, machine minus people (standard deviations)",
    dsm_caption="Difference of standardised means of each group; dashed: the limits.",
    dsm_said="Largest: {group}, {value}.",
    group="Group",
    base="base",
    base_caption="Groups by {column}. OSA, OSD and CSD are differences from the base group.",
    human_mean="Mean by people",
    machine_mean="Mean by machine",
    explained_caption="Share of variance that groups ({column}) explain, adjusted, and its "
    "probability if there were no difference.",
    measure="Measure",
    share="Share of variance",
    curve="Learning curve",
    curve_said="With {n} scored answers a prompt, QWK is {kappa} (mean of {prompts} prompts, "
    "cross-validated on the training data).",
    no_curve="There are too few training answers for a learning curve.",
    curve_caption="QWK by the number of scored answers a prompt.",
    scored_answers="Scored answers a prompt",
    length="Length and other features",
    length_said="The machine's level correlates {machine} with the number of words; among answers "
    "that people gave the same level, {partial}. The second should be near zero.",
    length_caption="Correlation of features with levels; partial: with the human level taken out.",
    feature="Feature",
    with_human="People",
    with_machine="Machine",
    partial="Partial",
    provenance="Provenance",
    provenance_caption="What these numbers were computed from.",
    names={
        "kappa": "QWK",
        "exact": "Equal",
        "adjacent": "At most one level apart",
        "difference": "Standardised mean difference (SMD)",
        "correlation": "Correlation",
        "rmse": "Root mean square error, levels",
        "prmse": "PRMSE of the true score",
        "degradation": "Degradation from people-people (QWK)",
        "subgroup difference": "Largest DSM of a group",
        "calibration error": "Calibration error of the likeliest level",
        "accuracy": "OSA",
        "conditional": "CSD",
        "words": "words",
        "sentences": "sentences",
        "short_forms": "share of chat spellings",
        "word_length": "mean length of words",
        "rubric": "rubric",
        "prior": "prior",
        "own": "own model, people decide",
        "automatic": "automatic",
        "model": "Model, SHA-256",
        "encoder": "Sentence encoder",
        "bank": "Item bank, SHA-256",
        "training_data": "Training data",
        "data": "Evaluation data",
        "seed": "Seed of the intervals",
    },
)

LANGUAGES = {"id": INDONESIAN, "en": ENGLISH}


def words_of(language: str) -> Words:
    """Raise DocumentError where there are none."""
    if language not in LANGUAGES:
        raise DocumentError(f"no report in {language!r}; there are {', '.join(LANGUAGES)}")
    return LANGUAGES[language]
