"""The imaging and clinical criteria of the two late-window thrombectomy trials, item by item. Research use only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any, Literal

from ...base.json_files import json_ready
from ...study.case import ClinicalData, require_plausible
from .mismatch import PerfusionNumbers, mismatch_ratio
from .uncertainty import Uncertainty

Verdict = Literal["met", "not met", "unknown"]

RESEARCH_USE_ONLY = "Research use only: not for deciding on a treatment."


@dataclass(frozen=True)
class Criterion:
    """One item.

    Attributes:
        name: of the item.
        verdict: "met", "not met" or "unknown" (a value is missing, or was not measured as the trial did).
        value: what was compared; None if it is missing, not defined, or the item joins several. May be infinite.
        limit: what it was compared with, in words.
        unit: of the value.
        flips: whether the verdict differs somewhere within the measurement's uncertainty.
        parts: what it is made of, where one of several ways suffices.
    """

    name: str
    verdict: Verdict
    value: float | None
    limit: str
    unit: str = ""
    flips: bool = False
    parts: tuple[Criterion, ...] = ()

    @property
    def at_other_thresholds(self) -> bool:
        """Whether it was measured and yet not judged: at other thresholds than the trial's."""
        return self.verdict == "unknown" and self.value is not None and not self.parts


@dataclass(frozen=True)
class Criteria:
    """A trial's criteria for one patient.

    Attributes:
        trial: its name.
        verdict: "not met" if any item is not met; else "unknown" if any is unknown; else "met".
        items: in the trial's order.
        flips: whether the verdict as a whole differs somewhere within the measurement's uncertainty.
        uncertainty: what was taken for it, in words; None if none was given.
        not_judged: criteria of the trial that images and the given data say nothing of.
        source: the publication.
        research_use_only: has to stand wherever the verdict does.
    """

    trial: str
    verdict: Verdict
    items: tuple[Criterion, ...]
    flips: bool
    uncertainty: str | None
    not_judged: tuple[str, ...]
    source: str
    research_use_only: str = RESEARCH_USE_ONLY

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: an infinite ratio is the word "infinite"."""
        return json_ready(asdict(self))


TRIAL_RCBF, TRIAL_TMAX_S = 0.30, 6.0
"""Both trials' software drew core at rCBF < 30 % and hypoperfusion at Tmax > 6 s."""


@dataclass(frozen=True)
class _Items:
    """A trial's items: on the patient first, then on volumes, which mean nothing at other thresholds than the
    trial's."""

    patient: tuple[Criterion, ...]
    volumes: tuple[Criterion, ...]


_ItemsOf = Callable[[float, float, ClinicalData], _Items]


def defuse3(numbers: PerfusionNumbers, clinical: ClinicalData, uncertainty: Uncertainty | None = None) -> Criteria:
    """DEFUSE 3: Albers et al., NEJM 2018, 378:708.

    Thrombectomy begun 6 to 16 h after the patient was last known to be well, age 18 to 90, NIHSS of at least 6, core
    below 70 ml, mismatch ratio of at least 1.8, mismatch volume of at least 15 ml. Core is at rCBF < 30 %, the whole
    at Tmax > 6 s.

    Raises:
        InputError: if age, NIHSS or onset is impossible.
    """
    return _judge(
        "DEFUSE 3",
        _defuse3_items,
        numbers,
        clinical,
        uncertainty,
        (
            "occlusion of the internal carotid or the proximal middle cerebral artery",
            "modified Rankin score of at most 2 before the stroke",
            "the time compared is that since onset; the trial counted up to the groin puncture",
        ),
        "Albers et al., N Engl J Med 2018, 378:708-718",
    )


def dawn(numbers: PerfusionNumbers, clinical: ClinicalData, uncertainty: Uncertainty | None = None) -> Criteria:
    """DAWN: Nogueira et al., NEJM 2018, 378:11.

    6 to 24 h after the patient was last known to be well, age of at least 18, NIHSS of at least 10, and deficit and
    core in mismatch: group A, age of at least 80, NIHSS of at least 10, core below 21 ml; group B, age below 80, NIHSS
    of at least 10, core below 31 ml; group C, age below 80, NIHSS of at least 20, core of 31 to below 51 ml. Where age
    or NIHSS is missing, the mismatch is known only if it comes out the same for all that it may be. Core is at
    rCBF < 30 %. Without any lesion there is no mismatch.

    Raises:
        InputError: if age, NIHSS or onset is impossible.
    """
    return _judge(
        "DAWN",
        _dawn_items,
        numbers,
        clinical,
        uncertainty,
        (
            "occlusion of the intracranial internal carotid artery or the first segment of the middle cerebral artery",
            "modified Rankin score of at most 1 before the stroke",
            "infarct in less than a third of the middle cerebral artery's territory on CT or MRI",
            "the time compared is that since onset; the trial counted up to the randomisation",
        ),
        "Nogueira et al., N Engl J Med 2018, 378:11-21",
    )


def _judge(
    trial: str,
    items_of: _ItemsOf,
    numbers: PerfusionNumbers,
    clinical: ClinicalData,
    uncertainty: Uncertainty | None,
    not_judged: tuple[str, ...],
    source: str,
) -> Criteria:
    require_plausible(clinical)
    differ = _other_thresholds(numbers)
    if differ:
        not_judged = (f"what depends on volumes, not judged: thresholds differ ({differ})", *not_judged)

    def judged(core_ml: float, whole_ml: float) -> tuple[Criterion, ...]:
        # Sums of voxels are exact to less than this; limits are not to be missed by rounding.
        found = items_of(round(core_ml, 6), round(whole_ml, 6), clinical)
        return (*found.patient, *(map(_unjudged, found.volumes) if differ else found.volumes))

    items = judged(numbers.core_ml, numbers.hypoperfused_ml)
    others = [judged(core, whole) for core, whole in (uncertainty.volumes if uncertainty else ())]
    marked = tuple(_marked(item, [scenario[place] for scenario in others]) for place, item in enumerate(items))
    verdict = overall(items)
    return Criteria(
        trial=trial,
        verdict=verdict,
        items=marked,
        flips=any(overall(scenario) != verdict for scenario in others),
        uncertainty=uncertainty.words if uncertainty else None,
        not_judged=not_judged,
        source=source,
    )


def _other_thresholds(numbers: PerfusionNumbers) -> str:
    """How the volumes were measured, if not as in the trials; "" if so."""
    core, late = numbers.core_rcbf, numbers.hypoperfusion_tmax_s
    within = "" if numbers.core_within_hypoperfusion else ", core outside of hypoperfused tissue allowed"
    if math.isclose(core, TRIAL_RCBF) and math.isclose(late, TRIAL_TMAX_S) and not within:
        return ""
    trial = f"the trial's are {100 * TRIAL_RCBF:g} % and {TRIAL_TMAX_S:g} s"
    return f"rCBF < {100 * core:g} %, Tmax > {late:g} s{within}; {trial}"


def _unjudged(item: Criterion) -> Criterion:
    """An item on volumes, and its parts, as unknown."""
    parts = tuple(replace(part, verdict="unknown") for part in item.parts)
    return replace(item, verdict="unknown", limit=f"{item.limit}; not judged: thresholds differ", parts=parts)


def overall(items: tuple[Criterion, ...]) -> Verdict:
    """See `Criteria.verdict`."""
    verdicts = {item.verdict for item in items}
    if "not met" in verdicts:
        return "not met"
    return "unknown" if "unknown" in verdicts else "met"


def _marked(item: Criterion, others: list[Criterion]) -> Criterion:
    """The item with what flips, its parts likewise."""
    parts = tuple(
        _marked(part, [scenario.parts[place] for scenario in others]) for place, part in enumerate(item.parts)
    )
    flips = any(scenario.verdict != item.verdict for scenario in others)
    return Criterion(item.name, item.verdict, item.value, item.limit, item.unit, flips, parts)


def _within(
    name: str, value: float | None, low: float | None = None, high: float | None = None, unit: str = ""
) -> Criterion:
    """An item of a value from `low` to `high`, both included; unknown without value."""
    if value is None:
        verdict: Verdict = "unknown"
    else:
        verdict = "met" if (low is None or value >= low) and (high is None or value <= high) else "not met"
    if low is not None and high is not None:
        limit = f"{low:g} to {high:g}"
    else:
        limit = f"at least {low:g}" if low is not None else f"at most {high:g}"
    return Criterion(name, verdict, None if value is None else float(value), limit, unit)


def _defuse3_items(core_ml: float, hypoperfused_ml: float, clinical: ClinicalData) -> _Items:
    ratio = mismatch_ratio(hypoperfused_ml, core_ml)
    # Without any lesion there is no mismatch: known, and not met.
    enough: Verdict = "met" if ratio is not None and round(ratio, 9) >= 1.8 else "not met"
    patient = (
        _within("time since last known well", clinical.onset_hours, 6, 16, "h"),
        _within("age", clinical.age, 18, 90, "years"),
        _within("NIHSS", clinical.nihss, 6),
    )
    volumes = (
        Criterion("core volume", "met" if core_ml < 70 else "not met", core_ml, "below 70", "ml"),
        Criterion("mismatch ratio", enough, ratio, "at least 1.8"),
        _within("mismatch volume", round(hypoperfused_ml - core_ml, 6), 15, None, "ml"),
    )
    return _Items(patient, volumes)


_GROUPS: dict[str, tuple[str, Callable[[float, float, float], bool]]] = {
    "group A": (
        "age at least 80, NIHSS at least 10, core below 21 ml",
        lambda age, nihss, core: age >= 80 and nihss >= 10 and core < 21,
    ),
    "group B": (
        "age below 80, NIHSS at least 10, core below 31 ml",
        lambda age, nihss, core: age < 80 and nihss >= 10 and core < 31,
    ),
    "group C": (
        "age below 80, NIHSS at least 20, core 31 to below 51 ml",
        lambda age, nihss, core: age < 80 and nihss >= 20 and 31 <= core < 51,
    ),
}


def _dawn_items(core_ml: float, hypoperfused_ml: float, clinical: ClinicalData) -> _Items:
    # One value on either side of every limit stands for all that a missing value may be.
    ages = [79.0, 80.0] if clinical.age is None else [float(clinical.age)]
    scores = [9.0, 10.0, 20.0] if clinical.nihss is None else [float(clinical.nihss)]
    # Without any lesion there is no mismatch, whatever the deficit: known, and not met.
    lesion = core_ml > 0 or hypoperfused_ml > 0
    patients = list(product(ages, scores)) if lesion else []
    groups = tuple(
        Criterion(name, _same([rule(age, score, core_ml) for age, score in patients]), None, limit)
        for name, (limit, rule) in _GROUPS.items()
    )
    any_group = [any(rule(age, score, core_ml) for _, rule in _GROUPS.values()) for age, score in patients]
    patient = (
        _within("time since last known well", clinical.onset_hours, 6, 24, "h"),
        _within("age", clinical.age, 18, None, "years"),
        _within("NIHSS", clinical.nihss, 10),
    )
    verdict = _same(any_group)
    mismatch = Criterion("clinical-core mismatch", verdict, core_ml, "one of the groups", "ml core", parts=groups)
    return _Items(patient, (mismatch,))


def _same(answers: list[bool]) -> Verdict:
    if answers and all(answers):
        return "met"
    return "unknown" if any(answers) else "not met"
