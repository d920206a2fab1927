"""Terms of other languages, glued letters, plain CT as hospitals call it."""

from __future__ import annotations

import pytest

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.assign import assign, read_candidate
from StrokeSegLogic.study.series.words import cut, read_text
from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.dicom_headers import DicomTags

MR = {
    "DWI": [
        *(
            "拡散強調DWI",
            "頭部拡散強調画像",
            "DWI横断",
            "弥散加权成像",
            "DWI轴位",
            "확산강조영상",
            "DIFUSION",
            "Difusión axial",
            "DIFUSÃO",
        ),
        *(
            "Diffusione assiale",
            "Diffusion tra",
            "Diffusionsgewichtet",
            "imagen ponderada en difusión",
            "\uff24\uff37\uff29",
        ),
    ],
    "ADC": [
        *("ADC图", "ADCマップ", "見かけの拡散係数", "表观扩散系数", "mapa ADC", "carte ADC", "Mappa ADC", "ADC-Karte"),
        *("Coeficiente de difusión aparente", "coeficiente de difusão aparente", "Coefficient apparent de diffusion"),
        *("coefficiente di diffusione apparente", "CDA"),
    ],
    "FLAIR": [
        "FLAIR横断",
        "T2 FLAIR轴位",
        "T2 FLAIR axial sin contraste",
        "FLAIR ax coupes",
        "FLAIR transversal",
        "FLAIR assiale",
    ],
    "T1": ["T1強調", "T1加权", "T1 pesata", "T1 axial sem contraste", "T1 pondérée", "T1 tra nativ", "T1W transversal"],
    "T2": ["T2強調横断", "T2加权像", "T2 pesata assiale", "T2 axial", "T2 pondérée axiale", "T2 tra", "T2 ponderado"],
    "": [
        *(
            "磁化率強調",
            "T2スター",
            "定位像",
            "位置決め",
            "Localizador",
            "Repérage",
            "Planung",
            "localizzatore",
            "血管MRA",
        ),
        *("T2 eco de gradiente", "灌注PWI", "Angio artérielle", "Suszeptibilität"),
    ],
}


@pytest.mark.parametrize(("role", "text"), [(role, text) for role, texts in MR.items() for text in texts])
def test_a_description_in_another_language_gives_its_role(role, text):
    found = read_text(text, "mri")
    assert (found.role.value if found is not None and found.role else "") == role, found


MAPS = {
    "CBF": [
        "Débit sanguin cérébral",
        "Flujo sanguíneo cerebral",
        "Fluxo sanguíneo cerebral",
        "Flusso ematico cerebrale",
    ],
    "CBV": ["Volume sanguin cérébral", "Volumen sanguíneo cerebral", "Volume ematico", "Blutvolumen", "脑血容量CBV"],
    "MTT": [
        "Temps de transit moyen",
        "Tiempo de tránsito medio",
        "Tempo de trânsito médio",
        "mittlere Transitzeit",
        "TTM",
    ],
    "TTP": ["Temps au pic", "Tiempo al pico", "Tempo ao pico", "Tempo al picco", "达峰时间", "Zeit bis zum Peak"],
    "TMAX": ["Tiempo al máximo", "Tempo al massimo", "Tmax图", "TmaxマップTmax"],
}
MAPS["CBF"] += ["Zerebraler Blutfluss", "脳血流量", "脑血流量CBF", "CBF図"]


@pytest.mark.parametrize(("role", "text"), [(role, text) for role, texts in MAPS.items() for text in texts])
def test_a_perfusion_map_in_another_language_gives_its_role(role, text):
    reading = read_candidate(Candidate("s", tags=DicomTags(modality="CT", series_description=text)))
    assert (reading.role.value if reading.role else "") == role, reading


PLAIN_CT = [
    *("STD BRAIN 5MM", "HEAD W/O", "Kopf nativ 5.0 H30s", "Schädel nativ", "CRANE SANS INJECTION", "Brain Plain"),
    *(
        "NON CON HEAD",
        "CEREBRO SIMPLE",
        "頭部単純CT",
        "Head 5.0 Hr38",
        "TC CRANEO S/C",
        "TDM cérébrale",
        "TC encefalo basale",
    ),
    *(
        "Schaedel 4.0 Hr36",
        "颅脑平扫",
        "脑CT平扫",
        "Crânio sem contraste",
        "Tête 5mm",
        "CCT nativ",
        "Routine Head",
        "Hirn 5mm",
    ),
    *(
        "Cranio senza mdc",
        "TAC CRANEO SIMPLE",
        "AXIAL BRAIN WO",
        "NCCT",
        "CT HEAD",
        "Cabeza sin contraste",
        "뇌 비조영",
    ),
]
NO_PLAIN_CT = [
    *(
        "Head with contrast",
        "Kopf mit KM",
        "Crâne avec injection",
        "CEREBRO CON CONTRASTE",
        "頭部造影CT",
        "颅脑增强",
        "Cranio con mdc",
    ),
    *(
        "Topogram 0.6",
        "Localizador",
        "Bone 2.0 Head",
        "Schädel Knochen 1.0",
        "Crâne os",
        "CTA Head",
        "Angio TSA",
        "Neck 3.0",
    ),
    *("Cervical spine", "HWS nativ", "Torax sin contraste", "Dose Report", "Thorax 5.0"),
]


@pytest.mark.parametrize("text", PLAIN_CT)
def test_a_plain_ct_of_the_head_is_known_by_any_of_its_names(text):
    reading = read_candidate(Candidate("s", tags=DicomTags(modality="CT", series_description=text)))
    assert reading.role == "CT" and reading.confidence >= 0.6, reading


@pytest.mark.parametrize("text", NO_PLAIN_CT)
def test_a_ct_with_contrast_medium_or_of_something_else_is_none(text):
    reading = read_candidate(Candidate("s", tags=DicomTags(modality="CT", series_description=text)))
    assert reading.role is None, reading


def test_what_a_description_leaves_out_the_tags_say():
    told = {"modality": "CT", "series_description": "5.0 H30s"}
    assert read_candidate(Candidate("s", tags=DicomTags(**told))).role is None
    assert read_candidate(Candidate("s", tags=DicomTags(**told, body_part="HEAD"))).role == "CT"
    assert read_candidate(Candidate("s", tags=DicomTags(**told, body_part="CHEST"))).role is None
    assert read_candidate(Candidate("s", tags=DicomTags(**told, body_part="HEAD", contrast_agent=True))).role is None


PAIRS = [
    ("T1 AX SEM CONTRASTE", "T1 AX COM CONTRASTE"),
    ("AX T1 PRE", "AX T1 POS"),
    ("T1 axial sin contraste", "T1 axial con contraste"),
    ("T1 axial", "T1 axial injecté"),
    ("T1 assiale", "T1 assiale dopo mdc"),
    ("T1 tra nativ", "T1 tra + KM"),
    ("T1 tra", "T1 tra nach KM"),
    ("T1横断", "T1造影横断"),
    ("T1轴位平扫", "T1轴位增强"),
    ("T1 ax s/ contraste", "T1 ax c/ contraste"),
]


@pytest.mark.parametrize(("plain", "contrast"), PAIRS)
def test_of_two_t1_that_without_contrast_medium_is_taken_in_any_language(plain, contrast):
    candidates = [Candidate(text, tags=DicomTags(series_description=text)) for text in (contrast, plain)]
    assert assign(candidates).claims["T1"].candidate.name == plain


@pytest.mark.parametrize(
    "text",
    [
        "Brain Perfusion, iDose (3)",
        "Perfusion IDOSE 4",
        "CTP low dose",
        "CT Perfusion iDose4",
        "Perfusão cerebral",
        "灌注CT",
    ],
)
def test_a_perfusion_series_stays_so_whatever_its_reconstruction_is_called(text):
    tags = DicomTags(modality="CT", series_description=text, frames=40)
    assert read_candidate(Candidate("s", tags=tags)).role == "CTP"


def test_letters_of_japanese_keep_their_marks_and_latin_letters_lose_theirs():
    assert cut("グラフ É") == "グラフ e"


# Diffusion, T1 before and after contrast medium, T2, gradient echo, localizer.
FURTHER = {
    "Polish": "Dyfuzja b1000/T1 bez kontrastu/T1 po kontraście/T2 zależne/T2 gradientowe echo/lokalizator",
    "Turkish": "Difüzyon b1000/T1 kontrasts\u0131z/T1 kontrastl\u0131/T2 aksiyel/T2 gradyent eko/lokalizer",
    "Russian": "Диффузия b1000/Т1 ВИ без контраста/Т1 ВИ с контрастом/Т2 ВИ акс/Т2 градиентное эхо/Локалайзер",  # noqa: RUF001
    "Greek": "Διάχυση b1000/T1 χωρίς σκιαγραφικό/Τ1 με σκιαγραφικό/Τ2 εγκάρσια/T2 gradient echo/εντοπισμός",  # noqa: RUF001
    "Dutch": "Diffusie b1000/T1 zonder contrast/T1 met contrast/T2 transversaal/T2 gradient echo/lokalisatie",
    "Czech": "Difuze b1000/T1 bez kontrastu/T1 s kontrastem/T2 axiální/T2 gradientní echo/lokalizace",
    "Swedish": "Diffusion b1000/T1 utan kontrast/T1 med kontrast/T2 ax/T2 gradienteko gre/lokaliserare",
    "Arabic": "انتشار b1000/T1 بدون تباين/T1 مع التباين/T2 محوري/T2 gradient echo/localizer",
    "Korean": "확산강조영상 b1000/T1 강조 비조영/T1 강조 조영증강/T2 강조/T2 경사에코/위치 결정",
}


@pytest.mark.parametrize("language", FURTHER)
def test_words_of_further_languages_tell_contrast_medium_gradient_echo_and_localizers(language):
    dwi, plain, contrast, t2, gradient, localizer = (read_text(text, "mri") for text in FURTHER[language].split("/"))
    assert (dwi.role, plain.role, contrast.role, t2.role) == (Role.DWI, Role.T1, Role.T1, Role.T2)
    assert contrast.contrast_medium and not plain.contrast_medium
    assert plain.confidence - contrast.confidence > 0.2
    assert gradient.role is None and gradient.susceptibility and localizer.role is None
    assert "localizer" in localizer.reason
