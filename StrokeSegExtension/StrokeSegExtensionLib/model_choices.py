"""The models, or for CT perfusion the routes, that could segment the chosen volumes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from StrokeSegLogic.base.errors import InputError, ModelError
from StrokeSegLogic.nets.models.bundle import MANIFEST, ModelSpec, read_manifest
from StrokeSegLogic.nets.models.field_spec import FieldModelSpec
from StrokeSegLogic.nets.models.registry import DEFAULT, SLOW_FUSION, UNET3D, bundled_names, folder_of, names
from StrokeSegLogic.nets.models.spec import PlanesModelSpec
from StrokeSegLogic.result.outcome import Display
from StrokeSegLogic.study.case import CTP_ROLES, Role

from .study import ModelChoice, StudyInputs
from .words import tr as _

SEPARATOR = ":"
"""Between a route and the model that the user installed for it."""
_THRESHOLD_MAPS = ("CBF", "TMAX")


def model_choices(inputs: StudyInputs) -> list[ModelChoice]:
    """What could be chosen; the default comes first, what does not fit the inputs is said to."""
    return _planes(inputs) if inputs.modality == "mri" else _routes(inputs)


def unmeasured(inputs: StudyInputs, model: str) -> InputError | None:
    """Why the user is asked before a run: the model could work with these inputs, and was never measured on them.

    Args:
        inputs: what is to be segmented.
        model: the choice for MRI; "" is the default.
    """
    spec = _spec(model or DEFAULT) if inputs.modality == "mri" else None
    if not isinstance(spec, PlanesModelSpec):
        return None
    try:
        spec.require_inputs(inputs.volumes)
        spec.require_measured(inputs.volumes)
    except ModelError:
        return None  # the engine refuses them, whatever the user says
    except InputError as error:
        return error
    return None


def route_and_model(key: str) -> tuple[str, str]:
    """Route and model of a choice for CT perfusion; "" is the default."""
    route, _mark, model = key.partition(SEPARATOR)
    return route, model


def _planes(inputs: StudyInputs) -> list[ModelChoice]:
    choices = []
    for name in sorted(names(), key=lambda name: (name != DEFAULT, name)):
        spec = _spec(name)
        if not isinstance(spec, PlanesModelSpec):
            continue
        words = _("Needs one of {needed}; uses {used}")
        why = words.format(needed=_listed(spec.needs_one_of), used=_listed(spec.inputs))
        fits = bool(inputs.volumes)
        try:
            spec.require_inputs(inputs.volumes)
        except ModelError as error:
            fits = False
            if inputs.volumes:
                why = _sentence(error)
        choices.append(ModelChoice(name, spec.title, fits, why, spec.trained_on, name in bundled_names()))
    return choices


def _routes(inputs: StudyInputs) -> list[ModelChoice]:
    given = _available(inputs.volumes)
    return [
        _choice("thresholds", _("Thresholds (rCBF, Tmax)"), _THRESHOLD_MAPS, _absent(_THRESHOLD_MAPS, given), given),
        *_network_routes(given, inputs.clinical.nihss is not None),
    ]


def _network_routes(given: set[str], nihss: bool) -> list[ModelChoice]:
    choices = []
    for name in names():
        spec = _spec(name)
        if not isinstance(spec, FieldModelSpec) or "core" not in spec.classes:
            continue
        bundled = name in bundled_names()
        if bundled and name.startswith(f"{SLOW_FUSION}-"):
            continue  # the engine takes the model that fits the inputs
        route = "unet3d" if len(spec.field.size) == 3 else "slow-fusion"
        key = route if name in (SLOW_FUSION, UNET3D) else f"{route}{SEPARATOR}{name}"
        needed = tuple(entry.name for entry in spec.inputs)
        choice = _choice(key, spec.title, needed, spec.missing(given), given, spec.trained_on, bundled)
        if choice.fits and spec.nihss and not nihss:
            choice = ModelChoice(key, spec.title, False, _("Asks for the NIHSS score"), spec.trained_on, bundled)
        choices.append(choice)
    order = {"slow-fusion": 0, "unet3d": 1}
    return sorted(choices, key=lambda choice: (not choice.bundled, order[route_and_model(choice.key)[0]], choice.key))


def _choice(
    key: str,
    title: str,
    needed: Sequence[str],
    missing: Sequence[str],
    given: set[str],
    trained_on: str = "",
    bundled: bool = True,
) -> ModelChoice:
    """A choice that needs all of these maps, of which some are missing and cannot be made of others."""
    why = _("Needs {needed}, or the 4-D series").format(needed=_listed(needed))
    if given and missing:
        why = _("Needs {missing} beside what is chosen, or the 4-D series").format(missing=_listed(missing))
    return ModelChoice(key, title, bool(given) and not missing, why, trained_on, bundled)


def _listed(inputs: Iterable[str]) -> str:
    """Names of a model's inputs as the rows show them."""
    return ", ".join(Display().title(name) for name in inputs)


def _available(volumes: Collection[Role]) -> set[str]:
    # Out of a 4-D series everything else is computed.
    return {role.value for role in (CTP_ROLES if Role.CTP in volumes else volumes)}


def _absent(needed: Sequence[str], given: set[str]) -> list[str]:
    return [name for name in needed if name not in given]


def _spec(name: str) -> ModelSpec | None:
    """The model's spec; None if its manifest is damaged: then it cannot be chosen, and the others still can."""
    try:
        return read_manifest(folder_of(name) / MANIFEST)
    except ModelError:
        return None


def _sentence(error: ModelError) -> str:
    return f"{error.what[:1].upper()}{error.what[1:]}" + (f": {error.fix}" if error.fix else "")
