"""Terms of other languages for what series are called, each with the English term that it is read as.

Latin letters stand here without accents and small, as `words.cut` makes them; what is written without word borders
(Chinese, Japanese, Korean) is found anywhere. Longer terms come before those that are part of them.
"""

from __future__ import annotations

import re

_DIFFUSION_COEFFICIENT = (
    r"coeficientes? (?:aparente )?de difu(?:sion|sao)(?: aparente)?"
    r"|coefficient (?:apparent )?de diffusion(?: apparent)?|cda"
    r"|coefficiente (?:apparente )?di diffusione(?: apparente)?|scheinbarer? diffusionskoeffizient\w*"
)
_MEDIUM = (
    r"(?:contrast[eo]?|contraste i ?v|gado\w*|gd|injections?|injection de gado\w*|produit de contraste|kontras[tc]\w*"
    r"|km|mdc|mezzo di contrasto|m ?d ?c|civ|inyeccion)"
)

_LATIN: tuple[tuple[str, str], ...] = (
    # Whether contrast medium was given; without before with, which is part of it.
    (
        rf"(?:sin|sem|sans|senza|ohne|avant|prima di|antes de|before|pre|without|w ?o|no|non|bez|zonder|ut[ae]n|uden)"
        rf" {_MEDIUM}",
        "without contrast",
    ),
    (r"kontrasts[i\u0131]z\w*|kontrasztanyag nelkul", "without contrast"),
    (r"non (?:inject\w*|iniett\w*|inyect\w*|realzad[oa]|enhanced)", "without contrast"),
    (r"(?:nect|nekt)", "plain ct"),
    (r"(?:nativ[aeo]?|nativ[ae][nrs]|simples?|s ?m ?c|basal[ei]?(?! gang)|non ?con|w ?o|unenhanced)", "plain"),
    (
        rf"(?:con|com|avec|mit|nach|dopo|apres|pos|post|despues de|depois de|apos|after|with|met|na|med|po|ze?|so?|cu)"
        rf" {_MEDIUM}",
        "contrast",
    ),
    (
        r"(?:inject(?:e|ee|es|ees|ed)|iniettat[aoei]|contrastad[ao]|realzad[ao]|contrasto|contraste|kontrast\w*)",
        "contrast",
    ),
    # Diffusion.
    (_DIFFUSION_COEFFICIENT, "apparent diffusion"),
    (r"(?:diffusion(?:s|en)? ?gewicht\w*|diffusionswichtung)", "diffusion weighted"),
    (r"(?:difu(?:sion|sao)|diffusion[es]|diffusie|dyfuzj\w*|difuzyon\w*|diff?uz[ei]\w*|diffuusio\w*)", "diffusion"),
    (r"(?:traza|traco|traccia|spur)", "trace"),
    (r"(?:calcul(?:ee?|ad[ao]|at[ao])|calcolat[ao]|berechnet\w*|synthetisch\w*|sintetic[ao]|synthetique)", "computed"),
    (r"(?:anisotropi[ea]\w*|anisotropia)", "anisotropy"),
    # Perfusion maps.
    (r"(?:debit|flux|flujo|fluxo|flusso) (?:sanguin|sanguineo|ematico)(?: cerebrale?)?", "cerebral blood flow"),
    (r"(?:fsc|dsc cerebral|blutfluss|(?:zerebraler|cerebraler) blutfluss|hirndurchblutung)", "cerebral blood flow"),
    (r"(?:volume|volumen) (?:sanguin|sanguineo|ematico)(?: cerebrale?)?", "cerebral blood volume"),
    (r"(?:vsc|blutvolumen|(?:zerebrales|cerebrales) blutvolumen)", "cerebral blood volume"),
    (r"(?:temps de transit moyen|tiempo de transito medio|tempo de transito medio|tempo di transito medio|ttm)", "mtt"),
    (r"(?:tempo medio d[ei] transito|tiempo medio de transito|mittlere (?:transit|durchgangs) ?zeit)", "mtt"),
    (r"(?:temps (?:du|au|jusqu au) (?:pic|peak)|tiempo (?:al|hasta el) (?:pico|maximo realce))", "ttp"),
    (r"(?:tempo (?:ao|para o|ate o|al|di) (?:pico|picco)|zeit (?:bis )?zum (?:peak|gipfel))", "ttp"),
    (
        r"(?:temps (?:du|au|jusqu au) maximum|tiempo (?:al|hasta el) maximo|tempo (?:ao|al|para o) (?:maximo|massimo))",
        "tmax",
    ),
    (r"zeit (?:bis )?zum maximum", "tmax"),
    (r"(?:perfusao|perfusione)", "perfusion"),
    # Sequences.
    (
        r"(?:fluid|csf|liquor|lcr|lcs|liquide|liquido|flussigkeit)\w* ?(?:suppress\w*|unterdruck\w*|null\w*|attenu\w*)",
        "flair",
    ),
    (
        r"(?:suppress\w*|supres\w*|soppress\w*|annul\w*) (?:de |di |du |da |do |del |della )?"
        r"(?:liquide?o?|liquor|lcr|lcs|csf|fluid\w*)",
        "flair",
    ),
    (
        r"(?:dark|dunkle?[rsn]?|schwarze[rs]?|oscuro|sombre|noir) (?:csf|flussigkeit|liquor|lcr|liquido|liquide)",
        "flair",
    ),
    (r"(?:ecograd\w*|eco grad\w*)", "gre"),
    (r"(?:blutung\w*|sangrado|sanguinamento|saignement\w*|emorrag\w*|bleeding)", "bleed"),
    (
        r"(?:gradient(?:en)? ?echo|echo (?:de )?gradient|eco (?:de |di )?gradientes?|gradient recalled(?: echo)?|eg)",
        "gre",
    ),
    (r"(?:eco (?:de |di )?grad|gradiente ?eco|gradientenecho|gradient\w+ echo|gradyent ek?o)", "gre"),
    (r"(?:suszeptibilitat\w*|susceptibilite|susceptibilidade?|suscettivita)", "swi"),
    (
        r"(?:localizador\w*|localizzator\w*|localisateur|reperage|planung\w*|posizionamento|centratore|pilot\w*|lokali[zs]\w+)",
        "localizer",
    ),
    (r"(?:ubersicht\w*|uebersicht\w*|scano|scanogram\w*|escanograma|topogram[ma]?\w*|escanog\w*)", "localizer"),
    (r"(?:knochen\w*|os|osseu?x?|osse[oa]|osea|oseo|hueso|osso|ossos)", "bone"),
    (r"(?:tac (?=crane|cereb|enc|simple|basal|de |plain|head)|tdm|tc|computer ?tomogra\w*|tomodensito\w*)", "ct"),
    (r"scanner (?=(?:du |de la )?(?:crane|crani|cereb|cerveau|enceph|tete|head))", "ct "),
    (r"tomografia (?:axial )?comput\w*ada", "ct"),
    (r"tomografia(?= (?:axial|plain|head|de|del|do|da|crane|crani|cereb|encef))", "ct"),
    (r"(?:kt|кт)(?= )|(?<= )(?:kt|кт)", "ct"),
    # Planes.
    (r"(?:axiales?|assial[ei]|transversal\w*|horizontal\w*)", "axial"),
    # Once more.
    (r"(?:wdh|wiederhol\w*|repeti\w*|ripet\w*|bis|nochmal\w*|otra vez|de novo|redo|rpt|repeats?)", "repeat"),
    # The head, in names of CT.
    (r"(?:kopf|schadel\w*|schaedel\w*|hirn\w*|gehirn|neurocran\w*|neuroschadel)", "head"),
    (r"(?:kraniet?|hoved\w*|hode|huvud\w*|hoofd|glow[ya]|głow[ya]|hlav[ya]|fej|kafa|beyin|cerebrum)", "head"),
    (r"(?:crane|craneo|craneal|cranio|crani[ao]l\w*|cranien\w*|cranium)", "head"),
    (r"(?:cerebro|cerebrale?(?! blood)|cervello|cerveau)", "head"),
    (r"(?:tete|testa|cabeza|cabeca|encefal\w*|encephal\w*)", "head"),
)

_GLUED: tuple[tuple[str, str], ...] = (
    ("見かけの拡散係数|表观扩散系数|表觀擴散係數|表观弥散系数|겉보기 ?확산 ?계수", "apparent diffusion"),
    ("拡散強調|扩散加权|彌散加權|擴散加權|弥散加权|확산 ?강조", "diffusion weighted"),
    ("拡散|扩散|擴散|弥散|彌散|확산|диффузи\\w*|двi|дви", "diffusion"),
    ("икд", "adc"),
    ("フレアー?", "flair"),
    ("(?<!脂肪)(?:压水|壓水|抑水|黑水|水抑制)(?:序列|像)?", "flair"),
    ("出血", "bleed"),
    ("膝(?:関節|关节)|膝盖|肩(?:関節|关节)?|股関節|髋关节|足関節|무릎|어깨", "knee"),
    ("眼眶|眼窩|안와|内耳|內耳|내이|下垂体|垂体|뇌하수체", "orbit"),
    ("前立腺|前列腺|전립선|肝臓?|간장|乳房|乳腺|유방|心臓|心脏|심장|子宮|子宫|자궁", "prostate"),
    ("頸部|颈部|頚部|경부", "neck"),
    ("колен\\w*|плеч\\w*|тазобедр\\w*", "knee"),
    ("позвоночн\\w*|шейн\\w* отдел\\w*|пояснич\\w*", "spine"),
    ("грудн\\w*|брюшн\\w*", "chest"),
    ("διαχυση\\w*|الانتشار|انتشار", "diffusion"),
    ("локал\\w*|εντοπισμ\\w*|위치 ?결정", "localizer"),
    ("градиентн\\w* эхо", "gre"),
    ("χωρις σκιαγραφικ\\w*|بدون (?:ال)?(?:تباين|صبغة)", "without contrast"),
    ("σκιαγραφικ\\w*|(?:ال)?تباين|(?:ال)?صبغة", "contrast"),
    ("аксиальн\\w*|εγκαρσι\\w*|محوري", "axial"),
    ("指数関数|指数|지수", "exponential"),
    ("異方性|异性|異性|各向异性|비등방성|анизотроп\\w*", "anisotropy"),
    ("サブトラクション|差分|减影|減影|감산|субтракц\\w*", "subtraction"),
    ("計算|计算|合成|계산", "computed"),
    ("脳血流量|脑血流量|腦血流量|뇌혈류량", "cerebral blood flow"),
    ("脳血液量|脳血流体積|脳血液容積|脑血容量|腦血容量|뇌혈액량", "cerebral blood volume"),
    ("平均通過時間|平均通过时间|平均經過時間|평균 ?통과 ?시간", "mtt"),
    ("ピーク到達時間|達峰時間|达峰时间|최고 ?도달 ?시간", "ttp"),
    ("最大到達時間|残余功能达峰时间|达最大时间", "tmax"),
    ("灌流|灌注|관류|перфузи\\w*", "perfusion"),
    ("磁化率|磁敏感|자화율", "swi"),
    ("グラディエントエコー|梯度回波|경사 ?에코", "gre"),
    ("スター", "star"),
    ("位置決め|定位像|定位|スカウト", "localizer"),
    ("血管|혈관", "angio"),
    ("位相|相位|위상", "phase"),
    ("単純|单纯|單純|平扫|平掃|비조영|без контраста|нативн\\w*", "plain"),
    ("造影なし|非造影|未增强|未增強|조영 ?전", "without contrast"),
    ("胸部|흉부", "chest"),
    ("腹部|복부", "abdomen"),
    ("骨盤|骨盆", "pelvis"),
    ("頸椎|颈椎|頚椎|腰椎|胸椎|脊椎|脊柱|경추|요추", "spine"),
    ("造影|增强|增強|조영|контраст\\w*", "contrast"),
    ("横断|横軸|軸位|轴位|橫斷|水平断|축상", "axial"),
    ("再撮影|再撮|重复|重複|재촬영", "repeat"),
    ("骨", "bone"),
    ("マップ|图(?!像)|圖(?!像)|맵", "map"),
    ("彩色|カラー|컬러", "color"),
    ("投影", "projection"),
    ("頭部|頭|头颅|颅脑|頭顱|头部|头|脳|脑|腦|두부|뇌|голов\\w*|мозг\\w*", "head"),
)

TERMS: tuple[tuple[re.Pattern[str], str], ...] = (
    *((re.compile(rf"\b(?:{foreign})\b"), f" {english} ") for foreign, english in _LATIN),
    *((re.compile(foreign), f" {english} ") for foreign, english in _GLUED),
)
"""Foreign terms, in the order in which they are replaced."""
ASIAN = re.compile("([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)")
"""Letters that are written without borders between words; there is a border where Latin letters or digits begin."""
