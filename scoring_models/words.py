"""Closed word classes of Indonesian and English, formal and as people type them."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _meanings(text: str) -> dict[str, str]:
    """Read ``meaning: form form`` lines; ``_`` stands for a blank in a meaning."""
    lines = (line.split(":") for line in text.strip().splitlines())
    return {
        form: meaning.strip().replace("_", " ")
        for meaning, forms in lines
        for form in forms.split()
    }


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
    aku kita bapak ibu pak bu bpk saudara saudari yth
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

SHORT_FORMS = _meanings(
    """
    yang: yg yng
    dengan: dgn dg dngn
    tidak: tdk gak ga gk g nggak ngga enggak engga kagak kgk
    karena: krn krna karna kerna
    untuk: utk untk
    sudah: sdh udh udah dah
    dan: n dn
    saya: sy sya
    juga: jg jga
    dari: dr dri
    pada: pd
    dalam: dlm
    akan: akn
    bisa: bs bsa
    dapat: dpt
    belum: blm blom belom
    jangan: jgn jngn
    bukan: bkn
    tetapi: tp tpi ttp
    kalau: klo kl kalo klu klw
    jika: jk
    sebelum: sblm sblum
    sesudah: ssdh
    setelah: stlh stelah
    agar: agr
    supaya: spy spya
    harus: hrs hrus
    orang: org orng
    lebih: lbh
    banyak: bnyk byk
    sama: sm sma
    seperti: spt sprt sprti kyk kayak
    bagaimana: gmn gimana bgmn gmna
    atau: ato atw
    kepada: kpd kpda
    tersebut: tsb tsbt
    masih: msh msih
    langsung: lgsg lgsng langsg
    lagi: lg lgi
    terus: trs trus
    saja: aja sj aj
    hanya: cm cma cuma cuman hny hnya
    sehingga: shg sehinga
    semua: smua smw
    tentang: ttg
    sekarang: skrg skrng
    bahwa: bhw bhwa
    benar: bnr bner
    memang: emang mmg mang
    mereka: mrk mreka
    beberapa: bbrp
    jadi: jd jdi
    terhadap: thd thdp
    sebagai: sbg sbgai
    kenapa: knp
    sangat: sgt
    mungkin: mgkn
    begitu: gitu gt
    begini: gini
    seorang: seorg
    kemudian: kmdn kmudian
    kami: kmi
    bapak: bpk
    secara: scr
    ketika: ktk
    tanpa: tnp
    namun: nmn
    """
)

REGIONAL_WORDS = _meanings(
    """
    saya: kulo kula kuring aye gue gua gw ambo awak inyong
    tidak: ora mboten ndak nda teu henteu indak kaga kada tara
    tidak_akan: moal
    sudah: wis wes sampun geus tos entos ude udeh alah
    akan: arep badhe bade rek bakal
    dengan: karo kalih sareng ame jo
    dan: lan jeung sarato
    itu: kuwi kui iku niku eta entu tu
    ini: iki niki ieu iko
    kalau: nek yen mun lamun upami upama
    karena: amargi amarga mergo merga kusabab lantaran gegara karano
    untuk: kanggo kangge keur untuak
    bisa: iso isa saget tiasa bise
    dapat: dapek
    ada: ono wonten aya ade ado
    harus: kudu kedah musti mesti
    belum: durung dereng acan belon alun balun
    saja: wae mawon aje sajo
    lagi: maneh deui lai
    yang: sing ingkang nu nyang nan
    juga: ugo uga oge juge juo
    tetapi: ning nanging
    seperti: koyo koyok kados siga jiga kaye
    semua: kabeh sedoyo sedaya sadayana semue sado kasadonyo kasado
    dari: seko soko saking tina
    masih: isih tasih keneh
    jangan: ojo entong jan
    orang: wong tiyang jalmi jalma urang
    apa: opo nopo ape apo
    siapa: sopo sinten saha
    bagaimana: piye pripun kumaha baa
    mengapa: ngopo naha kenape
    di: neng
    kepada: marang dateng
    lalu: banjur njur
    nanti: mengko mangke engke
    sekarang: saiki sakniki ayeuna kini
    jadi: dadi janten
    hanya: mung namung ngan
    dia: inyo die
    begitu: kitu ngoten mangkono baitu
    sangat: bana pisan
    serta: sarto sarta
    ingin: pengen pingin kepengen
    ya: nggih inggih muhun
    """
)

PARTICLES = _words(
    """
    lho loh to tho kok mah teh atuh euy da dong deh nih tuh sih yo doh do pang mas mbak kang teteh
    uda uni bang dek
    """
)
