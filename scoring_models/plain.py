"""The same sentence in plain Indonesian.

Chat spelling is written out, regional function words are put into Indonesian, courtesy and office
phrases are taken off. What a candidate has in common with others of the region, the office or the
telephone keyboard tells nothing of the behaviour shown, and an encoder or a list of stems would
take it for content. Words that mean something else in Indonesian ("ulah", "mode", "buat", "kaya")
stay as they are.
"""

from __future__ import annotations

import re

from scoring_models.words import PARTICLES, REGIONAL_WORDS, SHORT_FORMS

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_NOT_YET = re.compile(r"\bteu\s+acan\b", re.IGNORECASE)
_SERVANT = re.compile(r"\babdi(?=\s+(?!negara|masyarakat|rakyat|bangsa)\w)", re.IGNORECASE)
_PEOPLE = (
    r"(?:bapak|ibu|pak|bu|bpk|kakak|para)(?:\s*(?:/|dan|&|serta)\s*(?:bapak|ibu|pak|bu))?"
    r"(?:\s+(?:asesor|penguji|pimpinan|panitia|sekalian|semua(?:nya)?))*"
)
_THANKS = (
    r"(?:(?:saya|kami)\s+)?(?:(?:m?eng)?ucapkan\s+|haturkan\s+)?(?:banyak\s+)?(?:terima\s*kasih"
    r"|trims|makasih|matur\s+(?:suwun|nuwun)|hatur\s+nuhun|tarimo\s+kasih)"
    r"(?:\s+(?:banyak|sebelumnya|kembali))*(?!\s+(?:kepada|atas|karena|pada)\b)"
)
_FORMULA = (
    r"assalamu['’ ]?alaikum(?:\s+w\w*\.?\s+w\w*\.?)?|wa?ss?alam\w*(?:\s+w\w*\.?\s+w\w*\.?)?"
    r"|selamat\s+(?:pagi|siang|sore|malam)|(?:mohon\s+)?(?:izin|ijin)\s+(?:untuk\s+)?"
    r"(?:menjawab|menyampaikan|menanggapi|menjelaskan|berpendapat)|mohon\s+(?:izin|ijin)|siap(?=[,.!])"
    r"|dengan\s+hormat|salam(?:\s+(?:hormat|sehat|sejahtera))*|hormat\s+saya|yth|sekian"
    r"|(?:kepada\s+)?yang\s+(?:saya\s+|kami\s+)?(?:hormati|terhormat|banggakan)"
    rf"|demikian(?:lah)?(?:\s+(?:jawaban|pendapat|penjelasan)\s+(?:dari\s+)?saya)?|{_THANKS}"
    r"|mohon\s+maaf(?:\s+(?:(?:jika|bila|apabila|kalau)\s+)?(?:(?:ada|terdapat)\s+)?"
    r"(?:yang\s+)?(?:kekurangan|kesalahan|salah\s+kata|kurang\s+berkenan)?)?"
)
_COURTESY = re.compile(rf"\s*(?:(?:{_FORMULA}|{_PEOPLE})\b[\s.,;:!/]*(?:(?:dan|atas)\s+)?)+", re.I)
_THING = (
    r"(?:hal\s+)?(?:(?:tersebut|itu|ini|dimaksud|di\s?atas|yang\s+di\w+)\s*)+"
    r"|hal[- ]hal\s+(?:tersebut|di\s?atas)(?:\s+di\s?atas)?"
)
_OFFICE = re.compile(
    rf"\s*(?:pada\s+(?:prinsip|dasar|hakikat|inti)nya|(?:sehubungan|berkenaan|berkaitan|terkait)"
    rf"\s+(?:dengan\s+)?(?:{_THING})|dalam\s+kaitan(?:nya)?\s+dengan\s+(?:{_THING})|dalam\s+hal\s+ini"
    rf"|menindaklanjuti\s+(?:{_THING})|berdasarkan\s+(?:{_THING})|sebagaimana\s+(?:dimaksud|tersebut)"
    r"(?:\s+di\s?atas)?|adapun(?:\s+(?:dalam|pada)\s+kesempatan\s+ini)?|(?:dalam|pada)\s+kesempatan"
    r"\s+ini|(?:(?:bersama|dengan)\s+ini|dapat|perlu|izinkan|perkenankan)\s+(?:kiranya\s+)?"
    r"(?:(?:kami|saya)\s+)?(?:di)?(?:sampaikan|jelaskan|informasikan|beritahukan)\s+(?:pula\s+)?bahwa)"
    r"\b[\s,]*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s*(?:demikian(?:lah)?|sekian|atas)\b(?=.{0,160}\b(?:maklum|periksa|mestinya|terima\s*kasih"
    r"|disampaikan|perhatian\w*|perkenan\w*)\b)[^.!?]{0,170}[.!?]*\s*",
    re.IGNORECASE,
)


def plain(sentence: str) -> str:
    """Return ``sentence`` in plain Indonesian; empty if it is courtesy alone.

    Only what stands at the beginning of the sentence counts as courtesy or office phrase; thanks
    given to a citizen in mid-sentence are behaviour.
    """
    text = _NOT_YET.sub("belum", _STRETCHED.sub(r"\1", sentence))
    text = re.sub(r"\s+", " ", _WORD.sub(_written_out, _SERVANT.sub("saya", text))).strip()
    if _CLOSING.fullmatch(text):
        return ""
    for phrase in (_COURTESY, _OFFICE, _COURTESY):
        start = phrase.match(text)
        text = text[start.end() :] if start else text
    return text.strip() if _WORD.search(text) else ""


def _written_out(match: re.Match[str]) -> str:
    word = match.group().lower()
    if word in PARTICLES:
        return ""
    other = SHORT_FORMS.get(word) or REGIONAL_WORDS.get(word)
    if other is None or (len(word) > 1 and match.group().isupper()):  # TI, NU, SM are names
        return match.group()
    return other.capitalize() if match.group()[0].isupper() else other
