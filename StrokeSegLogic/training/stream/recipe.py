"""A stream recipe: everything that decides a model trained on slices drawn from several sources, in one TOML file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ...base.settings import from_mapping, read_toml
from ...nets.networks.spec import NetworkSpec
from ...study.case import MRI_ROLES
from ..losses.choose import LossSpec

FOLDS = 5
"""Folds of the ISLES'22 slices."""

KINDS = (
    "soop", "isles22_slices", "isles22_more_slices", "t1_t2_flair_carriers", "dwi_carriers", "phantom", "heads"
)  # fmt: skip


@dataclass(frozen=True)
class SourceSpec:
    """A source of slices.

    Attributes:
        kind: one of `KINDS`.
        share: part of the draws, relative to the other sources'.
        folder: under the data folder; unused for the phantom.
        patients: of carriers: file stems or folder names to use; all if empty.
        lesions: folder of the lesion shapes (SOOP's), for sources that get lesions placed.
        shapes: how many lesion shapes to read.
        outlines: of DWI carriers: a TOML file, or the name of a file under Resources/Outlines.
        old, sclerosis: of heads: folders with masks of old infarcts and of multiple sclerosis, "" for none.
    """

    kind: str
    share: float
    folder: str = ""
    patients: tuple[str, ...] = ()
    lesions: str = ""
    shapes: int = 250
    outlines: str = ""
    old: str = ""
    sclerosis: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"source kind '{self.kind}' is not one of {', '.join(KINDS)}")
        if self.share < 0:
            raise ValueError(f"the share of source '{self.kind}' must not be negative")
        if (self.kind == "dwi_carriers") != bool(self.outlines):
            raise ValueError("'outlines' belong to dwi_carriers, and these need them")
        if self.kind != "heads" and (self.old or self.sclerosis):
            raise ValueError("'old' and 'sclerosis' belong to heads")


@dataclass(frozen=True)
class StageSpec:
    """One run of the optimiser.

    Attributes:
        steps: optimiser steps; 0 leaves the stage out.
        rate: highest learning rate; it rises over the first 5 % of the steps and falls along a cosine.
        final_rate: learning rate at the end.
        mixed: part of the samples that show any mixture of real and simulated sequences; the others show what is real.
        some: part of the samples that then lose about half of what they show.
        pixel_mm: side of the pixels; above 1 the same patch has fewer of them, and a step is cheaper.
        loss: of this stage, where it is another than the recipe's.
        shares: part of the draws by kind of source, where this stage differs from what the sources say.
        hard: part of the draws that are hard negatives, see `HardNegativesSpec`; the other sources share the rest.
    """

    steps: int
    rate: float
    final_rate: float = 0.0
    pixel_mm: float = 1.0
    mixed: float = 0.5
    some: float = 0.0
    loss: LossSpec | None = None
    shares: dict[str, float] = field(default_factory=dict)
    hard: float = 0.0

    def __post_init__(self) -> None:
        if self.steps < 0 or self.rate <= 0 or self.final_rate < 0:
            raise ValueError("steps and rates must not be negative")
        if not (0 <= self.mixed <= 1 and 0 <= self.some <= 1):
            raise ValueError("mixed and some are parts, from 0 to 1")
        if not 0 <= self.hard < 1:
            raise ValueError("hard is a part of the draws, from 0 to below 1")
        if self.pixel_mm < 1:
            raise ValueError("pixel_mm must be at least 1, the slices' own")
        for kind, share in self.shares.items():
            if kind not in KINDS or share < 0:
                raise ValueError(f"share {share} of '{kind}': shares are 0 or more, of {', '.join(KINDS)}")


@dataclass(frozen=True)
class HardNegativesSpec:
    """How slices are mined on which the network of the shared stages so far marks what is no infarct.

    They are mined once, from what the first stage with a share of them (`StageSpec.hard`) would draw, and serve the
    stages after it, too.

    Attributes:
        batches: to draw candidates of.
        kept: the worst slices, so many at most.
    """

    batches: int
    kept: int

    def __post_init__(self) -> None:
        if self.batches < 1 or self.kept < 1:
            raise ValueError("batches and kept of the hard negatives must be at least 1")


@dataclass(frozen=True)
class StreamRecipe:
    """How a three-plane model is trained.

    Attributes:
        name, version, title, trained_on: of the model, see `models.spec.PlanesModelSpec`.
        seed: of everything random.
        needs_one_of, tested_with_one_of: see `models.spec.PlanesModelSpec`.
        network: of every plane.
        patch: rows and columns that the network sees, in mm.
        batch: slices a step.
        precision: lightning-fabric's: "32-true", "bf16-mixed", "16-mixed".
        average: decay of the moving average of the weights, which is what is validated and kept.
        weight_decay: AdamW's.
        loss: weights of the loss.
        shared: first stages, one network on all three planes; each goes on from the stage before.
        plane: last stage, for each plane from the shared weights.
        sources: where slices come from.
        checkpoint_every: steps between checkpoints.
        pretrained: name of the ImageNet checkpoint that the encoder begins with, "" for none.
        begins_with: name or folder of a three-plane model of the same network: the first stage begins with the mean of
            its three networks' weights (model soup, Wortsman et al., ICML 2022); "" for none.
        only: sequences that the network is shown, of which every drawn sample must have or get some; all if empty.
        thresholds: see `models.spec.PlanesModelSpec`; of sequences that the validation split says nothing of.
        least_expected_ml: see `models.spec.PlanesModelSpec`.
        held_out: fold (0 to 4) of the ISLES'22 slices that is kept from training and validated on; -1 keeps none.
        hard_negatives: None mines none.
        int8: whether the model's kernels are stored in a byte a number, see `quantisation`.
    """

    name: str
    version: str
    title: str
    trained_on: str
    seed: int
    needs_one_of: tuple[str, ...]
    tested_with_one_of: tuple[str, ...]
    network: NetworkSpec
    patch: tuple[int, ...]
    batch: int
    precision: str
    average: float
    weight_decay: float
    loss: LossSpec
    shared: tuple[StageSpec, ...]
    plane: StageSpec
    sources: tuple[SourceSpec, ...]
    checkpoint_every: int = 250
    pretrained: str = ""
    begins_with: str = ""
    only: tuple[str, ...] = ()
    thresholds: dict[str, float] = field(default_factory=dict)
    least_expected_ml: dict[str, float] = field(default_factory=dict)
    held_out: int = -1
    hard_negatives: HardNegativesSpec | None = None
    int8: bool = False

    def __post_init__(self) -> None:
        if not -1 <= self.held_out < FOLDS:
            raise ValueError(f"held_out must be a fold from 0 to {FOLDS - 1}, or -1 for none")
        unknown = sorted(set(self.only) - {role.value for role in MRI_ROLES})
        if unknown:
            raise ValueError(f"'only' names {', '.join(unknown)}: no MR sequence")
        if self.pretrained and self.begins_with:
            raise ValueError("the network begins with ImageNet weights or with a model, not with both")
        if len(self.patch) != 2 or min(self.patch) < 32:
            raise ValueError("patch must be two sides of at least 32")
        if self.checkpoint_every < 1 or self.batch < 1:
            raise ValueError("checkpoint_every and batch must be at least 1")
        if self.seed < 0:
            raise ValueError("seed must not be negative")
        if self.plane.hard and not any(stage.hard for stage in self.shared):
            raise ValueError("hard negatives are mined before a shared stage: give such a stage a part of them, too")
        if any(stage.hard for stage in (*self.shared, self.plane)) != (self.hard_negatives is not None):
            raise ValueError("'hard' of a stage and 'hard_negatives' of the recipe belong together")
        kinds = {source.kind for source in self.sources}
        for number, stage in enumerate((*self.shared, self.plane), start=1):
            absent = sorted(stage.shares.keys() - kinds)
            if absent:
                raise ValueError(f"stage {number} gives a share to {', '.join(absent)}: no source of the recipe")
            if not sum(stage.shares.get(source.kind, source.share) for source in self.sources):
                raise ValueError(f"no source has a share in stage {number}")

    @classmethod
    def read(cls, path: Path) -> StreamRecipe:
        """The recipe in a TOML file.

        Raises:
            InputError: naming the file, and the wrong key or value.
        """
        return from_mapping(cls, read_toml(path), path)
