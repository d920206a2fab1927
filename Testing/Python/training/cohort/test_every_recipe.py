"""Every bundled recipe, made small: trained, run over a test case, and scored."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from small import cpu_run, layout_of, shrunk
from tiny import write_data

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.evaluation.cohort import Sources, evaluate_folders
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.field_spec import FieldModelSpec
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import FusionSpec, SubvoxelUNet3DSpec, UNet2DSpec, UNet3DSpec
from StrokeSegLogic.training.cohort.predict import Predictor, predict_cases
from StrokeSegLogic.training.cohort.recipe import CohortRecipe
from StrokeSegLogic.training.cohort.references import write_references
from StrokeSegLogic.training.cohort.split import cases_of
from StrokeSegLogic.training.cohort.train import train_cohort
from StrokeSegLogic.training.datasets.subject import DataSet
from StrokeSegLogic.training.loss_log import read
from StrokeSegLogic.training.losses.choose import loss_of
from StrokeSegLogic.training.recipes import find_recipe, read_recipe, recipe_names
from StrokeSegLogic.training.stream.recipe import StreamRecipe
from StrokeSegLogic.training.stream.train import train

RECIPES = {name: read_recipe(find_recipe(name)) for name in recipe_names()}
COHORT = [name for name, recipe in RECIPES.items() if isinstance(recipe, CohortRecipe)]
STREAM = [name for name, recipe in RECIPES.items() if isinstance(recipe, StreamRecipe)]


def parts(name: str, recipe: CohortRecipe) -> set[tuple[str, object]]:
    """What a run can fail at: each part of a recipe, without what no code looks at and without numbers of the loss.

    Nor what encoder a network in a plane has: that each learns is tried in test_encoders.py.
    """
    left_out = ("inputs", "channels", *(("encoder", "decoder") if isinstance(recipe.network, UNet2DSpec) else ()))
    network = {part: value for part, value in asdict(recipe.network).items() if part not in left_out}
    found: dict[str, object] = {f"network.{part}": value for part, value in network.items()}
    found |= {"loss": type(recipe.loss), "augmentation": recipe.augmentation is not None, "view": recipe.view}
    found |= {part: getattr(recipe, part) for part in ("inputs", "nihss", "transfer", "penalties", "learns")}
    return {(layout_of(name), f"{part}: {value}") for part, value in found.items()}


def of_new_parts() -> list[str]:
    """Recipes that have every part of all of them; none of them could be left out."""
    own = {name: parts(name, RECIPES[name]) for name in COHORT}
    found = list(COHORT)
    for name in reversed(COHORT):
        if own[name] <= set().union(*(own[other] for other in found if other != name)):
            found.remove(name)
    return found


def of_new_kinds() -> list[str]:
    """The first of those for each layout of a data set and view of the networks."""
    kinds = {(layout_of(name), type(RECIPES[name].view)): name for name in reversed(NEW)}
    return list(kinds.values())


NEW = of_new_parts()
QUICK = [name for name in of_new_kinds() if isinstance(RECIPES[name].network, (UNet3DSpec, SubvoxelUNet3DSpec))]
TRAINED = [
    # The quick tests train a recipe of two kinds of data set (the other kinds are trained, more briefly, for
    # conftest.planes and conftest.fusion); each part that is new is trained by the slow.
    *(pytest.param(name, False, id=name, marks=() if name in QUICK else pytest.mark.slow) for name in NEW),
    # Every part of these is trained in a recipe above, and their loss is tried below.
    *(
        pytest.param(name, True, id=f"{name} with its own encoder", marks=pytest.mark.slow)
        for name in COHORT
        if name not in NEW or isinstance(RECIPES[name].network, UNet2DSpec)
    ),
]


@pytest.fixture
def run_folder(tmp_path: Path) -> Iterator[Path]:
    """Removed again: a run of a ResNet50 leaves half a gigabyte."""
    yield tmp_path / "run"
    shutil.rmtree(tmp_path / "run")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[CohortRecipe], Path]:
    """Where the cases lie that recipes of the same images on the same grids share, as the rows of an experiment do."""
    folder, numbers = tmp_path_factory.mktemp("prepared"), dict[str, int]()
    return lambda recipe: (
        folder / str(numbers.setdefault(repr((recipe.view, recipe.inputs, recipe.network.classes)), len(numbers)))
    )


@pytest.mark.parametrize(("name", "own_encoder"), TRAINED)
@pytest.mark.quick(1)
def test_a_cohort_recipe_trains_predicts_and_is_scored(
    name: str,
    own_encoder: bool,
    data_sets: dict[str, DataSet],
    prepared: Callable[[CohortRecipe], Path],
    run_folder: Path,
    tmp_path: Path,
) -> None:
    recipe = read_recipe(find_recipe(name), shrunk(name))
    assert isinstance(recipe, CohortRecipe)
    if isinstance(recipe.network, UNet2DSpec) and not own_encoder:
        recipe = replace(recipe, network=replace(recipe.network, encoder="compact", decoder=(16, 8, 8, 8)))
    data = data_sets[layout_of(name)]
    bundle = train_cohort(recipe, data, cpu_run(run_folder), prepared=prepared(recipe))
    assert bundle.spec.network == recipe.network
    for member in recipe.members:
        assert len(read(run_folder / f"{member}-epochs.csv")) == 1

    case = cases_of(data, run_folder / "split.tsv", "test")[0]
    said = predict_cases(Predictor.of(bundle, "cpu"), data, [case], tmp_path / "said", Progress())
    write_references(data, [case], tmp_path / "truth")
    truth = tmp_path / "truth" / "NR1" if data.clinical else tmp_path / "truth"
    found = evaluate_folders(Sources(tmp_path / "said", truth))
    classes = set(bundle.spec.classes[1:]) if isinstance(bundle.spec, FieldModelSpec) else {"lesion"}
    assert set(found.classes) == classes
    assert {row.member for row in found.rows} == set(said)
    assert len(found.rows) == len(said) * len(classes)
    dice = [row.scores.dice for row in found.rows]
    assert all(0 <= value <= 1 or math.isnan(value) for value in dice)


@pytest.mark.parametrize("name", COHORT)
def test_a_recipes_loss_has_a_slope_for_every_class(name: str) -> None:
    recipe, random = RECIPES[name], torch.Generator().manual_seed(1)
    classes = recipe.network.classes
    logits = torch.randn(2, classes, 8, 8, generator=random, requires_grad=True)
    labels = torch.randint(0, classes, (2, 8, 8), generator=random)
    loss = loss_of(recipe.loss)(logits, labels, labels >= 0, torch.tensor([True, False]))
    loss.backward()
    assert logits.grad is not None and torch.isfinite(logits.grad).all() and 0 < float(loss.detach()) < math.inf
    assert (logits.grad.abs().amax((0, 2, 3)) > 0).all()


@pytest.mark.parametrize("name", [STREAM[0], *(pytest.param(name, marks=pytest.mark.slow) for name in STREAM[1:])])
def test_a_stream_recipe_trains_on_what_it_is_given(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # After no step at all any mark will do as a hard negative.
    monkeypatch.setattr("StrokeSegLogic.training.stream.hard_negatives.LEAST_PIXELS", 0.0)
    recipe = read_recipe(
        find_recipe(name),
        [
            "shared=[{steps = 1, rate = 1e-3, hard = 0.2}]",
            "hard_negatives={batches = 1, kept = 2}",
            "plane={steps = 1, rate = 1e-3}",
            'sources=[{kind = "soop", folder = "soop", share = 1.0}]',
            "batch=2",
            "patch=[32, 32]",
            "pretrained=",
            "begins_with=",
            "network.decoder=[8, 8, 8, 8, 8]",
        ],
    )
    assert isinstance(recipe, StreamRecipe)
    train(recipe, write_data(tmp_path / "data"), cpu_run(tmp_path / "run"))
    assert set(Bundle.open(tmp_path / "run" / "model").load()) == {"axial", "coronal", "sagittal"}


@pytest.mark.slow
def test_slow_fusion_of_full_width_takes_a_step() -> None:
    recipe = read_recipe(find_recipe("exp2/gradual-pms-m-n"), ["view.size=[64, 64]", "network.size=[64, 64]"])
    assert isinstance(recipe, CohortRecipe) and isinstance(recipe.network, FusionSpec)
    torch.manual_seed(1)
    network = build(recipe.network)
    assert sum(p.numel() for encoder in network.encoders() for p in encoder.parameters()) == 5 * 14_714_688
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.rate)
    images, nihss = torch.randn(2, 15, 64, 64), torch.tensor([4.0, 20.0])
    labels = torch.randint(0, 3, (2, 64, 64))
    losses = []
    for _ in range(3):
        torch.manual_seed(2)
        loss = loss_of(recipe.loss)(network(images, nihss), labels, labels >= 0, nihss < 10)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[2] < losses[1] < losses[0]
