"""Changes of an Indonesian answer that leave its meaning as it was.

A fair scorer hardly moves under them: whoever writes longer, misspells, types as in a chat, is
courteous, mixes a regional language in or pads with office phrases has shown the same behaviour.
Every change draws from its seed alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Literal, get_args

from scoring_models.text import sentences

Change = Literal[
    "longer",
    "typos",
    "chat",
    "honorifics",
    "formal",
    "javanese",
    "sundanese",
    "betawi",
    "minang",
    "banjar",
    "makassar",
]
CHANGES: tuple[Change, ...] = get_args(Change)

TYPO_SHARE = 0.08
"""Share of the words with five letters or more that get one wrong key."""

_WORD = re.compile(r"[^\W\d_]+")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_CHAT_SHARE, _REGIONAL_SHARE, _PARTICLE_SHARE = 0.8, 0.6, 0.5


def perturb(text: str, change: Change, *, seed: int) -> str:
    """Return ``text`` changed as ``change`` says, its meaning kept.

    longer       two neutral sentences about the surroundings, somewhere
    typos        one wrong key in ``TYPO_SHARE`` of the longer words
    chat         yg, dgn, tdk, gak, krn and their like for four in five such words
    honorifics   an address before and thanks after
    formal       office phrases before sentences and at the end
    javanese and the other languages: function words of that language for three in five of the
                 Indonesian ones, and a particle or address at every other sentence

    Raises
    ------
    KeyError
        If ``change`` is none of ``CHANGES``.
    """
    return _CHANGERS[change](text, Random(seed))  # noqa: S311 - a repeatable draw, no secret


def _longer(text: str, random: Random) -> str:
    pieces = list(sentences(text))
    for sentence in random.sample(_NEUTRAL, 2):
        pieces.insert(random.randint(0, len(pieces)), sentence)
    return " ".join(pieces)


def _typos(text: str, random: Random) -> str:
    def mistyped(match: re.Match[str]) -> str:
        word = match.group()
        if len(word) < 5 or random.random() >= TYPO_SHARE:
            return word
        place = random.randrange(1, len(word) - 1)
        return random.choice(_SLIPS)(word, place, random)

    return _WORD.sub(mistyped, text)


def _swapped(word: str, place: int, _random: Random) -> str:
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _dropped(word: str, place: int, _random: Random) -> str:
    return word[:place] + word[place + 1 :]


def _doubled(word: str, place: int, _random: Random) -> str:
    return word[:place] + word[place] + word[place:]


def _neighbour(word: str, place: int, random: Random) -> str:
    row = next((row for row in _KEYS if word[place].lower() in row), None)
    if row is None:
        return _dropped(word, place, random)
    key = row.index(word[place].lower())
    near = [row[k] for k in (key - 1, key + 1) if 0 <= k < len(row)]
    return word[:place] + random.choice(near) + word[place + 1 :]


_SLIPS: tuple[Callable[[str, int, Random], str], ...] = (_swapped, _dropped, _doubled, _neighbour)


def _chat(text: str, random: Random) -> str:
    return _replaced(text, _CHAT, _CHAT_SHARE, random)


def _honorifics(text: str, random: Random) -> str:
    return f"{random.choice(_ADDRESSES)} {text} {random.choice(_THANKS)}"


def _formal(text: str, random: Random) -> str:
    pieces = []
    for sentence in sentences(text):
        if random.random() < 0.5:
            pieces.append(f"{random.choice(_OFFICE)} {sentence[0].lower()}{sentence[1:]}")
        else:
            pieces.append(sentence)
    return " ".join([*pieces, random.choice(_CLOSINGS)])


def _regional(
    words: Mapping[str, Sequence[str]], particles: Sequence[str]
) -> Callable[[str, Random], str]:
    def changed(text: str, random: Random) -> str:
        pieces = []
        for sentence in sentences(_replaced(text, words, _REGIONAL_SHARE, random)):
            if random.random() < _PARTICLE_SHARE:
                end = len(sentence.rstrip(".!?"))
                pieces.append(f"{sentence[:end]} {random.choice(particles)}{sentence[end:]}")
            else:
                pieces.append(sentence)
        return " ".join(pieces)

    return changed


def _replaced(text: str, words: Mapping[str, Sequence[str]], share: float, random: Random) -> str:
    def other(match: re.Match[str]) -> str:
        word = match.group()
        choices = words.get(word.lower())
        if choices is None or random.random() >= share:
            return word
        chosen = random.choice(choices)
        return chosen.capitalize() if word[0].isupper() else chosen

    return _WORD.sub(other, text)


def _table(lines: str) -> dict[str, tuple[str, ...]]:
    """Read ``word=form/form`` entries apart by blanks; ``_`` stands for a blank in a form."""
    entries = (entry.split("=") for entry in lines.split())
    return {
        word: tuple(form.replace("_", " ") for form in forms.split("/")) for word, forms in entries
    }


_NEUTRAL = (
    "Waktu itu hari Selasa, menjelang siang.",
    "Kantor kami ada di lantai dua gedung lama.",
    "Cuaca hari itu agak mendung.",
    "Kejadiannya kira-kira dua tahun yang lalu.",
    "Ruangan kami tidak begitu besar.",
    "Saya menuliskannya seingat saya saja.",
    "Jaraknya sekitar sepuluh menit dari rumah.",
    "Begitulah keadaannya pada hari itu.",
    "Di ruangan itu ada enam meja.",
    "Sebelumnya saya pernah bertugas di kecamatan lain.",
    "Hari itu bertepatan dengan awal bulan.",
    "Semoga tulisan ini bisa dipahami.",
)
_ADDRESSES = (
    "Mohon izin, Bapak/Ibu.",
    "Izin menjawab, Bapak dan Ibu penguji yang saya hormati.",
    "Siap, mohon izin Bapak.",
    "Assalamualaikum, selamat pagi Bapak/Ibu asesor.",
    "Yth. Bapak/Ibu, izin menyampaikan.",
)
_THANKS = (
    "Terima kasih, Bapak/Ibu.",
    "Sekian, mohon maaf bila ada kekurangan.",
    "Demikian jawaban saya, terima kasih banyak Bapak dan Ibu.",
    "Mohon maaf dan terima kasih, Pak.",
    "Matur nuwun, salam hormat.",
)
_OFFICE = (
    "Pada prinsipnya,",
    "Sehubungan dengan hal tersebut di atas,",
    "Dapat kami sampaikan bahwa",
    "Dalam kaitannya dengan hal dimaksud,",
    "Adapun dalam kesempatan ini",
    "Sebagaimana dimaksud,",
    "Perlu kiranya disampaikan bahwa",
    "Berkenaan dengan hal itu,",
)
_CLOSINGS = (
    "Demikian disampaikan, atas perhatiannya diucapkan terima kasih.",
    "Demikian untuk menjadi maklum dan dapat dipergunakan sebagaimana mestinya.",
    "Demikian agar menjadi periksa.",
)
_CHAT = _table(
    """
    yang=yg dengan=dgn tidak=tdk/gak/ga/gk karena=krn/krna untuk=utk/untk sudah=sdh/udh dan=n/dn
    saya=sy juga=jg dari=dr pada=pd dalam=dlm akan=akn bisa=bs belum=blm jangan=jgn bukan=bkn
    tetapi=tp tapi=tp kalau=klo/kl/kalo jika=jk sebelum=sblm setelah=stlh agar=agr supaya=spy
    harus=hrs orang=org lebih=lbh banyak=bnyk sama=sm seperti=spt/kyk bagaimana=gmn atau=ato
    kepada=kpd tersebut=tsb masih=msh langsung=lgsg lagi=lg terus=trs saja=aja hanya=cm sehingga=shg
    semua=smua tentang=ttg sekarang=skrg bahwa=bhw benar=bnr
    """
)
_JAVANESE = _table(
    """
    saya=kulo/aku tidak=ora/mboten/ndak sudah=wis/sampun akan=arep/badhe dengan=karo/kalih dan=lan
    itu=kuwi/niku ini=iki/niki kalau=nek/yen jika=nek karena=amargi/mergo untuk=kanggo/kangge
    bisa=iso/saget ada=ono/wonten harus=kudu belum=durung/dereng saja=wae/mawon lagi=maneh
    yang=sing/ingkang juga=ugo/nggih tapi=ning/nanging tetapi=nanging seperti=koyo/kados
    semua=kabeh/sedoyo dari=seko/saking sama=karo masih=isih/tasih jangan=ojo orang=wong/tiyang
    """
)
_SUNDANESE = _table(
    """
    saya=abdi/urang tidak=teu/henteu sudah=geus/tos akan=bade/rek dengan=sareng/jeung
    dan=jeung/sareng itu=eta ini=ieu kalau=mun/upami jika=lamun karena=kusabab/sabab
    untuk=keur/kanggo bisa=tiasa ada=aya harus=kedah/kudu belum=teu_acan/can saja=wae lagi=deui
    yang=nu/anu juga=oge tapi=ngan tetapi=nanging seperti=siga/jiga semua=sadayana/kabeh
    dari=ti/tina masih=keneh jangan=ulah/entong orang=jalmi/jalma
    """
)
_BETAWI = _table(
    """
    saya=aye/gue tidak=kagak/kaga/enggak sudah=udah/ude akan=bakal dengan=ame/sama dan=ame itu=entu
    ini=nih kalau=kalo jika=kalo karena=lantaran/gegara untuk=buat/bakal bisa=bise ada=ade
    belum=belon saja=aje yang=nyang juga=juge seperti=kayak/kaye semua=semue
    apa=ape hanya=cuman begitu=begitu/gitu
    """
)
_MINANG = _table(
    """
    saya=ambo/awak tidak=indak/ndak sudah=alah/lah akan=ka dengan=jo dan=jo/sarato itu=tu
    ini=ko/iko kalau=kok jika=kok karena=dek/karano untuk=untuak bisa=dapek ada=ado harus=musti
    belum=alun/balun saja=sajo lagi=lai yang=nan juga=juo tetapi=tapi seperti=mode/bak
    semua=sado/kasadonyo jangan=jan/usah orang=urang apa=apo
    """
)
_BANJAR = _table(
    """
    saya=ulun/unda tidak=kada sudah=hudah akan=handak dengan=lawan dan=wan/lawan
    itu=nitu ini=ngini kalau=amun jika=amun karena=maraga untuk=gasan bisa=kawa
    belum=balum saja=haja lagi=pulang yang=nang juga=jua seperti=nangkaya semua=samunyaan
    dari=matan orang=urang
    """
)
_MAKASSAR = _table(
    """
    saya=iyakku tidak=tena/nda sudah=sudahmi/leba akan=larona dengan=siagang dan=siagang/na
    itu=anjo ini=anne kalau=punna jika=punna karena=kasi/lanri bisa=akkulle ada=nia
    belum=tenapa saja=ji juga=todong semua=ngaseng
    """
)
_CHANGERS: dict[Change, Callable[[str, Random], str]] = {
    "longer": _longer,
    "typos": _typos,
    "chat": _chat,
    "honorifics": _honorifics,
    "formal": _formal,
    "javanese": _regional(_JAVANESE, ("lho", "to", "nggih", "ya Pak", "ngoten niku")),
    "sundanese": _regional(_SUNDANESE, ("mah", "teh", "atuh", "euy", "kitu")),
    "betawi": _regional(_BETAWI, ("dah", "nih", "deh", "dong", "gitu")),
    "minang": _regional(_MINANG, ("bana", "do", "yo", "mah", "baitu")),
    "banjar": _regional(_BANJAR, ("pang", "lah", "leh", "ai")),
    "makassar": _regional(_MAKASSAR, ("mi", "ji", "ki", "pale", "di")),
}
