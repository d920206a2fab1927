"""Names of parts of the body that are no head, and of parts of the head that a study of the brain is not made of."""

from __future__ import annotations

import re

from .words import cut

_SPINE = (
    r"[ctls] ?spine\w*|spine|spinal\w*|[hbl]ws|w[ei]?rbel\w*|\w+wirbel\w*|wirbelsaule|cervical\w*|thoracic|thoracale"
    r"|lumbar\w*|lombar\w*|lombaire\w*|lumbosacral\w*|sacr(?:um|al)|rachis|columna|coluna|colonna|vertebra\w*|kregoslup\w*"
    r"|myelo\w*|mielo\w*|myelon|ruckenmark|moelle|halswirbel\w*"
)
_NECK = r"neck|hals|cuello|pescoco|collo|kaulan\w*|larynx|pharynx|parot\w*|thyroid\w*|schilddruse|plexus\w*|brachial\w*"
_TRUNK = (
    r"chest|thorax|torax|torace|thoracique|lungs?|lunge|mediastin\w*|abdom\w*|addom\w*|liver|leber|foie|higado|figado|fegato"
    r"|pancrea\w*|pankreas|kidneys?|niere\w*|renal|rein|rinon\w*|mrcp|pelvi[cs]|pelvis|becken|bassin|bacino|bacia"
    r"|prostat\w*|uter[ou]s?|ovar\w*|bladder|rect(?:um|al)|rektum|breasts?|mamma\w*|brust|heart|cardiac|kardi\w*|coeur"
    r"|corazon|coracao|cuore|coron(?:ary|arien\w*)|whole ?body|ganzkorper"
)
_LIMBS = (
    r"knees?|knie|genoux?|rodilla|joelho|ginocchio|shoulders?|schulter|epaule|hombro|ombro|spalla|hips?|huft\w*|hanche"
    r"|cadera|quadril|anca|elbow|ell?enbogen|wrists?|handgelenk|ankles?|sprunggelenk|cheville|tobillo|tornozelo|caviglia"
    r"|femur|tibia|humerus|extremit\w*|[ul]extremity|forearm|unterschenkel|oberschenkel"
)
_OF_THE_HEAD = (
    r"iac|iacs|khbw|inner ?ear|innenohr|felsenbein\w*|petrous|orbit(?:s|al?|as|e|en|es)?|augenhohle\w*|hypophy\w*"
    r"|ipofisi|hipofis\w*|pituitar\w*|sella\w*|tmj|kiefergelenk\w*|mandib\w*|sinus(?!es? ?ven)|sinuses|nnh|facial|face"
    r"|dental|temporal bones?|hippocamp\w*|hipocamp\w*|ippocamp\w*|optic nerves?|nervus opticus|sehnerv\w*"
)
_ELSEWHERE = re.compile(rf"\b(?:{_SPINE}|{_NECK}|{_TRUNK}|{_LIMBS})\b")
_TARGETED = re.compile(rf"\b(?:{_OF_THE_HEAD})\b")
_HEAD = re.compile(r"\b(?:head\w*|brain\w*|skull|neuro\w*|cran\w*|cereb\w*|kopf\w*|stroke|ictus|schlaganfall\w*|avc)\b")
_PLACES = re.compile(
    r"\b(?:cent(?:er|re|ro)|zentrum|clini\w*|klinik\w*|hospital|hopital|unit|unidad|institut\w*|trial|study|studie"
    r"|cohort|ambulan\w*|department|dept|ward|praxis|registry)\b"
)
"""Who is called after a part of the body: Spine_Center."""


def names_the_head(words: str) -> bool:
    """Whether words say that it is the head (see `words.cut`)."""
    return _HEAD.search(words) is not None


def other_part(words: str) -> str | None:
    """What a name says that is imaged in the place of the brain; None if it says nothing of the kind.

    What names the head beside it (Head_Neck, Brain_Spine) or a clinic (Spine_Center) says nothing of it.

    Args:
        words: see `words.cut`.
    """
    if (found := _TARGETED.search(words)) is not None and _PLACES.search(words) is None:
        return f"a part of the head that shows no whole brain ('{found[0]}')"
    if (found := _ELSEWHERE.search(words)) is None or names_the_head(words) or _PLACES.search(words) is not None:
        return None
    return f"another part of the body ('{found[0]}')"


def part_in_header(body_part: str, study: str, described: str) -> str | None:
    """What a header says that is imaged in the place of the brain; None if it does not.

    A description that names the head is believed more: the part is set once for an examination, and often forgotten.

    Args:
        body_part: of the header, "" if it has none.
        study: what the examination is called; it counts only where no part is named.
        described: what the series is called.
    """
    if names_the_head(cut(described)):
        return None
    text, said = (body_part, "its header says that") if body_part.strip() else (study, "its examination is called")
    words = cut(text)
    if not words or names_the_head(words) or (part := other_part(words)) is None:
        return None
    if body_part.strip():
        return f"{said} '{body_part.strip()}' was imaged: {part}"
    return f"{said} '{study.strip()}': {part}"
