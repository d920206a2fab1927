"""The adapted model: it says what it was adapted from, on how many patients, and that nobody else measured it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...base.errors import InputError
from ...base.settings import Plane
from ...nets.models.bundle import Bundle
from ...nets.models.model_file import names_a_folder
from ...nets.models.registry import bundled_names
from ..datasets.subject import SIMULATED
from ..loop import State
from .settings import AdaptSettings


@dataclass(frozen=True)
class Site:
    """Whose model it becomes.

    Attributes:
        name: of the new model.
        patients, cases: that it learns from.
        simulated: no image of them is of a person.
        sha256: of settings, base model and cases; its beginning tells versions apart.
    """

    name: str
    patients: int
    cases: int
    simulated: bool
    sha256: str


def require_new_name(name: str, base: Bundle) -> None:
    """Refuses a name that a model cannot have, or that would be taken for another model.

    Raises:
        InputError: if it is so.
    """
    if not names_a_folder(name):
        raise InputError(
            f"'{name}' cannot be a model's name", option="name", fix="Use letters, digits, hyphens and points"
        )
    if name in bundled_names() or name == base.spec.name:
        raise InputError(f"a model is called '{name}' already", option="name", fix="Give the new model another name")


def export(
    base: Bundle,
    settings: AdaptSettings,
    site: Site,
    planes: Mapping[Plane, State],
    folder: Path,
    figures: Mapping[str, Any] | None = None,
) -> Bundle:
    """Writes the adapted model; thresholds, inputs and vote are the base model's, but no interval of volumes is.

    Args:
        base: the model that was adapted.
        settings: how.
        site: whose.
        planes: weights.
        folder: made if missing.
        figures: JSON-ready, what was measured; None while it is being measured.
    """
    spec = base.planes
    simulated = f" {SIMULATED}" if site.simulated else ""
    told = (
        f"{spec.trained_on}; then, as {spec.name} {spec.version}, adapted to {site.cases} cases of {site.patients} "
        f"patients of one site: that site's own model, measured on these patients and nowhere else.{simulated}"
    )
    card = {
        "research_use_only": True,
        "adapted_from": {"name": spec.name, "version": spec.version, "weights_sha256": spec.weights.sha256},
        "adapted_on": {"patients": site.patients, "cases": site.cases, "simulated": site.simulated},
        "note": "A site's own model: measured on that site's patients, and nowhere else.",
        # Through JSON, so that what is in memory is what a reader of the file finds.
        "settings": json.loads(json.dumps(asdict(settings))),
        **({} if figures is None else {"measured": dict(figures)}),
    }
    adapted = replace(
        spec,
        name=site.name,
        version=f"{spec.version}+{site.sha256[:8]}",
        title=f"{spec.title}, adapted: {site.name}",
        trained_on=told,
        card=card,
        # Other weights err otherwise: nothing was measured of theirs.
        volume_laws={},
    )
    parameters = {plane: {name: value.numpy() for name, value in state.items()} for plane, state in planes.items()}
    return Bundle.write(folder, adapted, parameters)
