"""Words that names of volumes are made of, of scanners, protocols, tools and archives: none is a person's."""

from __future__ import annotations

import re
from functools import cache

from .words import read_text

_TEXT = """
wip epi tse fse fsem frfse hasse haste ssfse tgse tgrase grase space spc cube vista vistaview view brainview
propeller blade multivane jet radar resolve rsepi readout segmented focus zoom zoomit irepi msepi sshot ssh
msh single shot multi multishot turbo fast spin echo dual inversion recovery fluid dark bright attenuated
sat fatsat nofs spir spair spectral chess dixon ideal water opp phase inphase outphase sense csense
compressed grappa caipi asset arc smash ipat mpat speeder acceleration accel hyperband hyperdwi muse mvxd
buda topup blip blipup blipdown flip angle averages nex nsa gated triggered respiratory breath hold cardiac
vibe twist thrive lava disco quick snap quickstar deep recon airecon boost swift smart speed express ultra
fastspin neuro routine standard stroke emergency trauma tumor tumour epilepsy dementia screening short long
full whole limited partial extended protocol exam examination scan scans series serie sequence seq acq
acquisition run rep echoes slab slice slices block batch volume volumes vol frame frames image images img
picture data dataset file input output result results test trial sample example demo phantom simulated
simulation synthetic template atlas average mean median minimum maximum max min sum magnitude mag real
imaginary complex modulus norm normal normalised normalized filtered unfiltered filter corrected uncorrected
corr distortion eddy motion moco preproc preprocessed processed post pre proc raw orig original native
source src copy new old final last first second third best good bad backup tmp temp converted conversion dcm
dicom nii nifti nrrd mha mhd hdr analyze minc brain brains head skull cranium cranial cerebral cerebrum
cerebellum neck body intracranial stripped skullstripped bet hdbet extracted masked cropped crop padded
resampled resized resliced reslice interpolated upsampled downsampled iso isotropic aniso linear affine
rigid warp warped aligned registered coregistered coreg reg nonlinear deformed mni talairach patient subject
study case session visit baseline followup follow admission discharge acute subacute chronic early late day
week month year time point initial prior previous current today before after contrast enhanced plain
unenhanced gadolinium dotarem gadovist left right both bilateral anterior posterior superior inferior medial
lateral upper lower axial coronal sagittal oblique transverse transversal horizontal tra cor sag axi obl
plane planes ortho orthogonal orientation reorient reoriented ras lps las rai lpi gre ffe spgr bravo fspgr
mprage mpr mip minip reformat reformatted reconstruction thin thick fine coarse high low hires lowres
resolution res
perfusion perf bolus dynamic dyn timeseries phases arterial venous delayed early helical spiral sequential
volumetric toggle jog shuttle wide kernel soft sharp standard smooth bone tissue window stroke rapid rapidai
syngo olea vitrea brainomix viz vizai mistar aquarius terarecon intellispace portal extended brilliance
neuroquant siemens philips toshiba canon medical ge gehc hitachi uih united imaging bruker esaote shimadzu
fuji vendor scanner tesla magnetom skyra prisma vida sola aera avanto verio trio symphony espree sonata
ingenia achieva intera elition ambition signa discovery optima revolution lightspeed somatom definition
force flash edge drive incisive iqon aquilion one prism svd bsvd osvd csvd delay corrected insensitive
sensitive model residue deconvolved deconvolution units scaled absolute relative quantitative map maps param
parametric color colour grey gray rgb lut legend
isles isles2015 smir vsd xx sub ses acq rec dir part desc label derivatives anat dwi func perf fmap rawdata
bids adni oasis ixi brats atlas soop training train testing validation valid fold image imagestr labelstr
imagests channel modality input gold truth expert rater reader annotation manual consensus research
anonymous anonymised anonymized anon deid deidentified pseudonym unknown unnamed untitled none null noname
export exported import pacs archive download upload shared public private local station workstation viewer
serie sequenz sequence secuencia sequencia sequenza reihe aufnahme untersuchung bild bilder schicht
schichten patientin paciente paziente fall kopie neu alt schlaganfall notfall standard verlauf kontrolle
ausgang vorher nachher links rechts dick dunn dunne tete coupe coupes image imagen imagenes imagem imagens
immagine immagini examen exame esame etude estudio estudo studio urgence urgencia urgenza ictus avc derrame
infarkt infarto controle control controllo suivi inicial iniziale final finale nouveau nuevo novo nuovo
gauche droite izquierda derecha esquerda direita sinistra destra corte cortes fette strato coronale
coronales coronal sagital sagittale sagitale axiale coro sagi the and for with without from der die das und
mit ohne von quer koronal koronar sagittal langs des les los las del della para por con sans avec pour par dans
uma une uno karte karten снимок
снимки серия пациент исследование 画像 检查 検査 図像 图像 患者
repeat gradient gradients direction directions directionality apparent coefficient blood flow transit peak
rel mri mrt irm rmn mdd tfe fwhm gad times time coloured value values weighted weighting attenuation number
type kind unit units seconds second hounsfield suppressed suppression saturation localizer other others more
all files folder folders resources assessors secondary primary session ours theirs
unringed trufi fisp truefisp prop oax osag ocor fat fatsup clear shc fsl ants antspy freesurfer spm elastix
itksnap slicer mrtrix afni nipype mricron mricrogl horos osirix radiant weasis dfc mix uni sec msec relativo
relativa relatif relative qualitative automip sphere bayesian ultimo ultima primo prima bliss auto automatic
hist histogram matched matching zscore scaled reordered hospital site center centre clinic klinik ambulance
department radiology radiologie university institute ward gibbs degibbs sms pads swoop hyperfine lowfield
portable mobile bedside angled angulated tilted thinner thicker overview quality check checked edited modified
adjusted calibrated clipped threshold thresholded inverted masked whitened stretched equalized equalised
harmonized harmonised combat mosaic unwarped undistorted fieldmap dewarped interleaved ascending descending part
whole set pair group cohort control controls volunteer healthy demo example lesion tissue grey white matter
ventricle ventricles hemisphere unilateral
mixeltype restore bfc robustfov synthstrip nyul mppca whitestripe patch self filled topup synthsr synthseg restored
totalsegmentator hypercube multiband epics sonic smartspeed airrecon air arcis subtle subtlemr aice piqe
genesis excite via console aws insight vantage titan elan echelon oasis avance artis pristina lumina cima
terra free open mobile classic conventional advanced accelerated diagnostic ultrafast denoised preview
kopfspule spule coil array headneck struktur funktion morphologie zusatz programm kopfprogramm standardprogramm
thalamus pons pontin cerebellar infratentorial supratentorial supratentoriell infratentoriell brainstem hirnstamm
kleinhirn stammganglien basal ganglia kortex cortex cortical subcortical kortikal subkortikal hypothalamus hippocampus
insula medulla midbrain mesencephalon posteriorfossa fossa wholehead wholebrain hirn schaedelbasis schadelbasis
kranial kaudal cranial caudal rostral dorsal ventral senkrecht waagrecht schrag schrage orbitomeatal orbitomeatale
commissure commissural axialer axiale sagittaler sagittale koronarer transversaler transversale
oldscanner newscanner icu er notaufnahme intensiv intensivstation neurologie neurology radiologie urgencias planta
emergencias urgences reanimation urgenze reparto ambulanz praxis zentrum
moving steady moved still clean noisy blurred blurry ok okay gut schlecht brauchbar unbrauchbar usable unusable useful
unruhig ruhig sediert wach sedated awake anaesthesia anesthesia narkose wiederholt wiederholung repeated repetition
artefakt artefact artifact artefakte motionartefact bouge net flou movido bien mal malo mosso fermo tremido
bearbeitet unbearbeitet verarbeitet roh wichtig sonstiges sonstige weitere andere rest misc miscellaneous various
important unimportant extra additional supplementary optional required needed unneeded
desktop downloads downloaded documents dokumente pictures bilder home users user mnt media volumes usb dvd disk disc
drive dropbox onedrive cloud backup sicherung neuer alter ordner folder carpeta pasta dossier cartella nuova
pdf docx xlsx txt csv bitte danke please thanks night day morning evening
preprocessing postprocessing processing pipeline step steps stage phase alignment resampling denoise bias
isotrope anisotrope anisotropic compressed uncompressed uncropped cropped
"""
"""Of sequences and makers; perfusion, CT and their software; data sets; other languages; what is left of terms."""
_WORDS = frozenset(_TEXT.split())
_MADE = re.compile(
    r"(?:ep2d|ep3d|epi|tse|fse|gre|fl2d|fl3d|tfl|tir|tirm|flair|dwi|adc|diff|difu|dti|trace|calc|comput|synth|perf|reg"
    r"|coreg|resampl|interpol|process|correct|stroke|isch|infarct|brain|skull|cerebr|cranio|neuro|axial|coron|sagit"
    r"|isotrop|angio|contrast|gado|enhanc|uniform|homogen|intens|normal|segment|anatom|structur|function|weight"
    r"|register|convert|rotat|shift|flip|reorient|mirror|bias|noise|denois|smooth|filter|defac|strip|extract)\w*"
)
"""Beginnings of words that tools and scanners make up."""
_ENDINGS = re.compile(
    r"\w+(?:tions?|tionen|ungen|ierung|messung|heit|keit|isch|ische|iert|ierte|logie|logy|graphy|grafie|graphie|gramm|artefa[ck]te?"
    r"|artifacts?|protokolle?|programme?|protocole?s?|spule|sequenz(?:en)?|scanner|maps?|masks?|corr?|recon"
    r"|weise|ebene|richtung|aufnahme)"
)
"""Endings of words that are no family's name, or hardly ever."""
_TECHNICAL_TEXT = (
    "ax ob co sa sg tr mr ct nm us dl ai hr lr rl ap pa si is hf fh se ep ir ge gr fe fs nd cs ph hd sd dr "
    "dx tx rx st fl fa md rd ad te ti b t tra cor sag raw roi seg km iv pd pc sw wi rt lt lh rh wm gm dw mb "
    "nr no id vs av"
)
_TECHNICAL = frozenset(_TECHNICAL_TEXT.split())
"""Of few letters, which may be initials elsewhere."""


@cache
def is_protocol_word(word: str) -> bool:
    """Whether a word, as `words.cut` makes it, is one of protocols and tools, and so no part of a person's name."""
    if word in _WORDS or _MADE.fullmatch(word) is not None or _ENDINGS.fullmatch(word) is not None:
        return True
    said = read_text(word), read_text(word, "mri")
    return any(reading is not None for reading in said)


def is_technical(word: str) -> bool:
    """Whether letters in small ones, as few as they may be, are short for something of a protocol."""
    return word in _TECHNICAL or is_protocol_word(word)
