"""What shrinks the bundled recipes until they run in a second, and the data sets that they then run on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.training.cohort.recipe import CohortRecipe
from StrokeSegLogic.training.cohort.train import train_cohort
from StrokeSegLogic.training.datasets.subject import DataSet
from StrokeSegLogic.training.datasets.synthetic import write_synthetic
from StrokeSegLogic.training.devices import Hardware
from StrokeSegLogic.training.pretrained import Pretrained
from StrokeSegLogic.training.recipes import find_recipe, read_recipe
from StrokeSegLogic.training.run_context import RunContext

FIELD = 32
"""Rows and columns; the deepest scale of VGG16 is then one pixel."""


def layout_of(name: str) -> str:
    """The layout of the data that a bundled recipe is for."""
    if name.startswith(("exp", "ctp")):
        return "ctp_folder"
    return "isles2018" if name.startswith("unet3d-table") else "isles2015"


def shrunk(name: str) -> list[str]:
    """Changes that make a bundled cohort recipe narrow, coarse and short, and nothing else of it.

    Pretrained weights, and a bundled model to begin with, are left out: none fits a narrow network.
    """
    common = ["epochs=1", "pretrained="]
    if name.startswith("ctp-sf"):
        common += ["begins_with=", "network.least=1"]
    if name.startswith(("exp", "ctp-sf")):
        size = f"[{FIELD}, {FIELD}]"
        return [*common, "network.width=0.0625", f"view.size={size}", f"network.size={size}", "batch=8"]
    if "unet3d" in name:
        return [*common, "network.base_width=2", "view.size=[16, 16, 16]"]
    # 24 slices a batch, so that an epoch of each plane is one or two steps.
    return [*common, "network.decoder=[8, 8, 8, 8, 8]", "view.patch=[32, 32]", "view.spacing_mm=8.0", "batch=24"]


def write_small(layout: str, folder: Path) -> DataSet:
    """Four simulated patients; of ISLES 2018 with two of them in two slabs."""
    return write_synthetic(layout, folder, patients=4, seed=3)


class Written(dict[str, DataSet]):
    """Small data sets by layout, each written when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, layout: str) -> DataSet:
        self[layout] = write_small(layout, self._folder / layout)
        return self[layout]


def changed_recipe(name: str, *changes: str) -> CohortRecipe:
    """A bundled cohort recipe with changes."""
    recipe = read_recipe(find_recipe(name), changes)
    assert isinstance(recipe, CohortRecipe)
    return recipe


PLANES = "mri-table/res-unet-pretrained"
PLANES_CHANGES = [
    *shrunk(PLANES),
    "network.encoder=compact",
    "network.decoder=[16, 8, 8, 8]",
    "epochs=3",
    "transfer.patience=1",
    "transfer.min_delta=0.5",
]
"""Three planes with the compact encoder: two epochs frozen, then one of all, with augmentation."""

FUSION = "exp2/gradual-pms-n"
FUSION_CHANGES = [
    *shrunk(FUSION),
    "epochs=4",
    "rate=1e-3",
    "transfer.patience=1",
    "transfer.min_delta=0.5",
    "augmentation={flips = [-1], blur = 0.0}",
    "checkpoint_every=4",
]
"""Slow fusion with NIHSS, dropout, penalties, augmentation and all three phases in four epochs of six steps."""


def cpu_run(folder: Path, progress: Progress | None = None, pretrained: Pretrained | None = None) -> RunContext:
    """A run on the processor that says nothing."""
    quiet = {"hardware": Hardware("cpu"), "log": lambda line: None}
    return RunContext(folder, pretrained or Pretrained(), progress=progress or Progress(), **quiet)


@dataclass(frozen=True)
class Trained:
    """A finished run; not to be changed."""

    recipe: CohortRecipe
    data: DataSet
    folder: Path
    bundle: Bundle


@contextmanager
def one_thread() -> Iterator[None]:
    """As the commands have it: sums of floats depend on how many threads share them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def trained(recipe: CohortRecipe, data: DataSet, folder: Path) -> Trained:
    with one_thread():
        bundle = train_cohort(recipe, data, cpu_run(folder))
    return Trained(recipe, data, folder, bundle)


def assert_same_run(first: Path, other: Path) -> None:
    """Whether two runs left the same weights, manifest and logs, to the byte."""
    logs = sorted(path.name for path in first.glob("*.csv"))
    assert logs == sorted(path.name for path in other.glob("*.csv")) and len(logs) >= 2
    for name in (*logs, "model/weights.safetensors", "model/model.json"):
        assert (first / name).read_bytes() == (other / name).read_bytes(), name
