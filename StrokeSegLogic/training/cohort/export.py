"""What a cohort run leaves: a model's bundle that says what it learned from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from ...base.progress import Progress
from ...base.settings import Plane
from ...metrics.voxel import dice
from ...mri.prepare import seen_slices
from ...nets.models.bundle import WEIGHTS, Bundle
from ...nets.models.field_spec import FieldModelSpec, FieldSpec
from ...nets.models.spec import FORMAT, PlanesModelSpec, Weights
from ...nets.networks.build import build
from ...nets.run.network import Device, lesion_probability
from ...space.grid import to_stack
from ...study.case import MAP_ROLES
from ..datasets.subject import SIMULATED, DataSet
from ..loop import State
from ..splits import Split
from .prepared import PreparedCase
from .recipe import CohortRecipe, Member, OneFieldSpec, PlanesSpec


def export(
    recipe: CohortRecipe,
    data: DataSet,
    split: Split,
    states: Mapping[Member, State],
    validating: Sequence[PreparedCase],
    folder: Path,
    progress: Progress,
) -> Bundle:
    """The model's bundle; its card holds recipe and split.

    A plane's weight in the weighted vote is its mean Dice over the validation volumes.
    """
    told = trained_on(f"{len(split.train)} cases", recipe, data)
    card = {
        "research_use_only": True,
        # Through JSON, so that what is in memory is what a reader of the file finds.
        "recipe": json.loads(json.dumps(asdict(recipe))),
        "split": {"train": list(split.train), "val": list(split.val), "test": list(split.test)},
    }
    parameters = {member: {name: value.numpy() for name, value in state.items()} for member, state in states.items()}
    weights = Weights(WEIGHTS, "0" * 64)
    spec: PlanesModelSpec | FieldModelSpec
    if isinstance(recipe.view, PlanesSpec):
        names = tuple(entry.name for entry in recipe.inputs)
        scores = validation_dice(recipe, recipe.view, states, validating, progress)
        card["validation_dice"] = scores
        spec = PlanesModelSpec(
            format=FORMAT,
            name=recipe.name,
            version=recipe.version,
            title=recipe.title,
            trained_on=told,
            inputs=names,
            needs_one_of=names,
            tested_with_one_of=names,
            needs_all_of=names,
            network=recipe.network,
            spacing_mm=recipe.view.spacing_mm,
            threshold=0.5,
            canvas=recipe.view.patch,
            plane_weights={plane: max(round(score, 4), 0.01) for plane, score in scores.items()},
            weights=weights,
            card=card,
        )
    else:
        assert isinstance(recipe.view, OneFieldSpec)
        spec = FieldModelSpec(
            format=FORMAT,
            name=recipe.name,
            version=recipe.version,
            title=recipe.title,
            trained_on=told,
            inputs=recipe.inputs,
            nihss=recipe.nihss,
            field=FieldSpec(recipe.view.size, recipe.view.masked_by),
            classes=recipe.classes_of(data.classes),
            network=recipe.network,
            weights=weights,
            card=card,
        )
    return Bundle.write(folder, spec, parameters)


def trained_on(who: str, recipe: CohortRecipe, data: DataSet) -> str:
    """What is said beside every result: who of which data, whether they are simulated, and the recipe's source."""
    simulated = f" {SIMULATED}" if data.simulated else ""
    # What every place that shows a result of such a model has to say comes first.
    perfusion = data.simulated and any(entry.name in MAP_ROLES for entry in recipe.inputs)
    first = "simulated perfusion: " if perfusion else ""
    return f"{first}{who} of a data set in the layout {data.layout}.{simulated} Recipe after {recipe.source}"


def validation_dice(
    recipe: CohortRecipe,
    view: PlanesSpec,
    states: Mapping[Member, State],
    cases: Sequence[PreparedCase],
    progress: Progress,
) -> dict[str, float]:
    """Each plane's mean Dice over the validation cases' volumes, on the working grid."""
    device = Device(torch.device("cpu"), None, "cpu")
    found: dict[str, float] = {}
    for number, (member, state) in enumerate(states.items()):
        plane: Plane = "axial" if member == "network" else member
        network = build(recipe.network)
        network.load_state_dict(state)
        network.eval()
        scores = []
        for case in cases:
            part, message = number / len(states), f"validating: {plane} plane of {case.subject.case}"
            asked = Progress(lambda _, __, part=part, message=message: progress(part, message))  # type: ignore[misc]
            seen = seen_slices(case.brain, plane)
            slices = np.stack([to_stack(channel, plane)[seen] for channel in case.images], axis=1).astype(np.float32)
            said = lesion_probability(network, slices, device, asked, message, view.patch) >= 0.5
            scores.append(dice(said & to_stack(case.brain, plane)[seen], to_stack(case.labels, plane)[seen] > 0))
        found[plane] = float(np.mean(scores))
    return found
