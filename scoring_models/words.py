"""Closed word classes of Indonesian and English, formal and as people type them."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEGATORS = _words(
    """
    tidak tak tdk gak ga nggak ngga enggak engga ndak bukan bkn jangan jgn belum blm tanpa
    tiada menolak enggan tolak malas not no never without don't doesn't won't didn't cannot can't
    isn't aren't shouldn't wouldn't refuse
    """
)

NEGATION_ENDS = _words(
    """
    tetapi tapi namun melainkan sedangkan lalu kemudian karena sebab supaya agar sehingga
    maka but because so then however
    """
)

INDONESIAN_FUNCTION_WORDS = _words(
    """
    yang yg dan dn di ke dari dr untuk utk pada dengan dgn dalam dlm adalah ialah ini itu tersebut
    tsb saya sy aku kami kita kamu anda dia ia mereka beliau nya akan sudah sdh telah sedang masih
    lagi juga jg saja aja hanya cuma atau atw oleh sebagai seperti sprt karena krn sebab maka jika
    jk kalau kalo klo bila apabila agar supaya spy sehingga shg tetapi tapi tp namun sedangkan
    walaupun meskipun ketika saat waktu setelah stlh sesudah sebelum sblm sambil sampai hingga
    antara terhadap tentang bahwa bhw para semua setiap tiap beberapa banyak lebih paling sangat
    sekali bisa dapat dpt harus hrs perlu boleh mau ingin ada jadi menjadi bagi secara serta lalu
    kemudian pun lah kah tidak tdk tak gak nggak bukan belum blm jangan apa siapa bagaimana mengapa
    kenapa mana kapan begitu demikian dulu dahulu nanti sendiri bersama masing salah satu orang
    hal cara jangan tanpa langsung mungkin pasti memang yaitu yakni selain selama sesuai atas bawah
    luar sini sana situ toh kok sih dong ya
    """
)

ENGLISH_FUNCTION_WORDS = _words(
    """
    the a an and or but if then so because as of to in on at by for with without from into about
    over under after before between through during is are was were be been being am do does did
    have has had will would shall should can could may might must not no nor i me my we us our you
    your he him his she her it its they them their this that these those who whom which what when
    where why how there here all any each every some such only also very more most than too just
    own same other another up down out off again once while until though although however
    """
)

ABBREVIATIONS = _words(
    """
    yg dgn krn tdk sdh blm utk dr dlm tsb sy klo jg jgn bgmn dpt hrs shg spy stlh sblm skrg bgt
    tp trs bs gmn knp sm dg dn jk bhw kpd thd ttg pd lg dll dsb dst tgl hr thn bln jkt smg skpd opd
    asn pns pppk kpk bkn bkpp bkd lkpp sk st spt sppd sp rt rw wfh hp wa ms dms ktp kk sim nip npwp
    pbb ppk pptk kpa bpk bpkp spm skp kgb jpt plt plh ttd cv tv pc pdf sms crm my by why try fly
    dry shy sky gym hmm
    """
)
