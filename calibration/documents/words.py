"""The words of a report, English and Indonesian."""

from dataclasses import dataclass

from calibration.documents.content import DocumentError


@dataclass(frozen=True, slots=True)
class Words:
    """One field a phrase; braces take values."""

    title: str
    calibrated: str
    fact: str
    value: str
    facts: str
    persons: str
    items: str
    data: str
    digest: str
    log_likelihood: str
    free_parameters: str
    converged: str
    yes: str
    no: str
    iterations: str
    largest_change: str
    not_converged: str
    notes: str
    groups: str
    groups_caption: str
    group: str
    mean: str
    parameters: str
    parameters_caption: str
    without_errors: str
    item: str
    model: str
    parameter: str
    estimate: str
    error: str
    test: str
    information_caption: str
    information_said: str
    information: str
    standard_error: str
    wright_caption: str
    wright_said: str
    wright_nominal: str
    wright_axis: str
    items_side: str
    threshold: str
    each_item: str
    curves_only: str
    curves_and_points: str
    curves_caption: str
    points_caption: str
    nobody: str
    ability: str
    probability: str
    category: str
    likeliest: str
    until: str
    after: str
    everywhere: str
    provenance: str
    provenance_caption: str


ENGLISH = Words(
    title="Calibration report",
    calibrated="What was calibrated",
    fact="Fact",
    value="Value",
    facts="Data, fit and convergence. All abilities and difficulties are logits, D = 1.",
    persons="Persons",
    items="Items",
    data="Data",
    digest="SHA-256 of the data",
    log_likelihood="Log-likelihood",
    free_parameters="Free parameters",
    converged="Converged",
    yes="yes",
    no="no",
    iterations="Iterations",
    largest_change="Largest change of a further step",
    not_converged="The estimation did not converge. Do not use these parameters.",
    notes="Notes",
    groups="Groups",
    groups_caption="Ability distribution of each group, logits; standard errors in brackets, none "
    "where the value was held fixed or none was computed.",
    group="Group",
    mean="Mean",
    parameters="Item parameters",
    parameters_caption="Estimates with standard errors in brackets; none where a parameter was "
    "held fixed.",
    without_errors="Estimates; standard errors were not asked for.",
    item="Item",
    model="Model",
    parameter="Parameter",
    estimate="Estimate",
    error="Standard error",
    test="The test as a whole",
    information_caption="Information of all items together (left axis, solid) and the standard "
    "error that it means (right axis, dashed).",
    information_said="Information is highest, {value} per squared logit, at {theta} logits; the "
    "standard error there is {error} logits.",
    information="Information (per squared logit)",
    standard_error="Standard error (logits)",
    wright_caption="Wright map: the distribution of ability beside the difficulties of items.",
    wright_said="Difficulties run from {low} ({easiest}) to {high} ({hardest}) logits; ability in "
    "the first group has mean {mean} and SD {sd}.",
    wright_nominal="There is no Wright map: items of the nominal model have no difficulty.",
    wright_axis="Ability and difficulty (logits)",
    items_side="Items, the easiest first",
    threshold="Threshold",
    each_item="Item by item",
    curves_only="Lines are the probabilities of the categories that the model expects.",
    curves_and_points="Lines are what the model expects. Points are observed proportions: each "
    "person counts in every bin by the posterior probability of being there, given all answers; a "
    "point's area goes with the persons in its bin. This is a picture, not a test of fit.",
    curves_caption="Categories of {item} ({model})",
    points_caption="Observed proportions of {item}, by bins of ability",
    nobody="Nobody among these persons answered it, so that there are no observed proportions.",
    ability="Ability (logits)",
    probability="Probability",
    category="Category",
    likeliest="Most likely category: {parts}.",
    until="{name} up to {theta} logits",
    after="{name} above",
    everywhere="{name} everywhere",
    provenance="Provenance",
    provenance_caption="From what, with what and how these numbers were computed.",
)

INDONESIAN = Words(
    title="Laporan kalibrasi",
    calibrated="Yang dikalibrasi",
    fact="Keterangan",
    value="Nilai",
    facts="Data, kecocokan, dan konvergensi. Semua kemampuan dan kesukaran dalam logit, D = 1.",
    persons="Peserta",
    items="Butir",
    data="Data",
    digest="SHA-256 data",
    log_likelihood="Log-kemungkinan",
    free_parameters="Parameter bebas",
    converged="Konvergen",
    yes="ya",
    no="tidak",
    iterations="Iterasi",
    largest_change="Perubahan terbesar pada langkah berikutnya",
    not_converged="Estimasi tidak konvergen. Parameter ini jangan dipakai.",
    notes="Catatan",
    groups="Kelompok",
    groups_caption="Sebaran kemampuan tiap kelompok, logit; galat baku dalam kurung, tidak ada "
    "bila nilainya ditetapkan atau galatnya tidak dihitung.",
    group="Kelompok",
    mean="Rerata",
    parameters="Parameter butir",
    parameters_caption="Taksiran dengan galat baku dalam kurung; tidak ada bila parameternya "
    "ditetapkan.",
    without_errors="Taksiran; galat baku tidak diminta.",
    item="Butir",
    model="Model",
    parameter="Parameter",
    estimate="Taksiran",
    error="Galat baku",
    test="Tes secara keseluruhan",
    information_caption="Informasi semua butir bersama (sumbu kiri, garis penuh) dan galat baku "
    "yang dihasilkannya (sumbu kanan, garis putus-putus).",
    information_said="Informasi tertinggi, {value} per logit kuadrat, pada {theta} logit; galat "
    "baku di sana {error} logit.",
    information="Informasi (per logit kuadrat)",
    standard_error="Galat baku (logit)",
    wright_caption="Peta Wright: sebaran kemampuan di samping kesukaran butir.",
    wright_said="Kesukaran terentang dari {low} ({easiest}) sampai {high} ({hardest}) logit; "
    "kemampuan kelompok pertama memiliki rerata {mean} dan simpangan baku {sd}.",
    wright_nominal="Peta Wright tidak ada: butir model nominal tidak memiliki kesukaran.",
    wright_axis="Kemampuan dan kesukaran (logit)",
    items_side="Butir, dari yang termudah",
    threshold="Ambang",
    each_item="Butir demi butir",
    curves_only="Garis adalah peluang tiap kategori menurut model.",
    curves_and_points="Garis adalah harapan model. Titik adalah proporsi teramati: tiap peserta "
    "terhitung di setiap selang menurut peluang posterior berada di sana, dengan semua jawabannya; "
    "luas titik sebanding dengan banyaknya peserta dalam selang itu. Ini gambar, bukan uji "
    "kecocokan.",
    curves_caption="Kategori {item} ({model})",
    points_caption="Proporsi teramati {item}, menurut selang kemampuan",
    nobody="Tidak seorang pun di antara peserta ini menjawabnya, sehingga tidak ada proporsi "
    "teramati.",
    ability="Kemampuan (logit)",
    probability="Peluang",
    category="Kategori",
    likeliest="Kategori yang paling mungkin: {parts}.",
    until="{name} hingga {theta} logit",
    after="{name} sesudahnya",
    everywhere="{name} di mana pun",
    provenance="Asal-usul",
    provenance_caption="Dari apa, dengan apa, dan bagaimana angka-angka ini dihitung.",
)

LANGUAGES = {"en": ENGLISH, "id": INDONESIAN}


def words_of(language: str) -> Words:
    """Raise DocumentError where there are none."""
    if language not in LANGUAGES:
        raise DocumentError(f"no report in {language!r}; there are {', '.join(LANGUAGES)}")
    return LANGUAGES[language]
