"""A cohort recipe: everything that decides a model trained on a data set's patients."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default
from typing import Literal

from ...nets.models.field_spec import FieldSpec, InputSpec
from ...nets.networks.spec import FusionSpec, NetworkSpec
from ...study.case import MRI_ROLES
from ..augmentation import AugmentationSpec
from ..losses.choose import LossSpec
from ..losses.focal_tversky import FocalTversky
from ..penalties import PenaltySpec
from ..transfer import SCHEMES, TransferSpec

Member = Literal["axial", "coronal", "sagittal", "network"]


@dataclass(frozen=True)
class PlanesSpec:
    """Three networks, one a plane, on MR sequences (arXiv 2511.07281).

    Attributes:
        spacing_mm: side of the working grid's cubic voxels.
        patch: rows and columns that slices are centred on and cut to in training.
    """

    spacing_mm: float = 1.0
    patch: tuple[int, ...] = (224, 224)
    kind: str = "planes"

    def __post_init__(self) -> None:
        if self.spacing_mm <= 0 or len(self.patch) != 2 or min(self.patch) < 16:
            raise ValueError("spacing_mm must be positive, and patch two sides of at least 16")


@dataclass(frozen=True)
class OneFieldSpec(FieldSpec):
    """One network on a fixed field, see `models.field_spec.FieldSpec`."""

    kind: str = "field"


@dataclass(frozen=True)
class SplitSpec:
    """Which patients train, validate and test.

    Attributes:
        train, val, test: fractions of the patients; a data set's own split or a split file goes before them.
        folds: for cross-validation; 0 splits once by the fractions.
        fold: which fold is tested.
    """

    train: float = 0.6
    val: float = 0.2
    test: float = 0.2
    folds: int = 0
    fold: int = 0

    def __post_init__(self) -> None:
        if min(self.train, self.val) <= 0 or self.test < 0 or abs(self.train + self.val + self.test - 1) > 1e-6:
            raise ValueError("the fractions train, val and test must be positive (test may be 0) and sum to 1")
        if self.folds < 0 or self.folds == 1 or not 0 <= self.fold < max(self.folds, 1):
            raise ValueError("folds must be 0 or at least 2, and fold below it")


@dataclass(frozen=True)
class CohortRecipe:
    """How a model is trained on a data set's patients.

    Attributes:
        name, title: of the model.
        version: of the weights.
        source: paper, table and row that it follows.
        ours: what the source does not state, and what we chose.
        inputs: images in channel order.
        nihss: whether the network asks for the score.
        view: what the networks look at.
        network: one architecture for every member.
        pretrained: name of the ImageNet checkpoint for the encoders, which is theirs; "" for none.
        loss, penalties, transfer, split: see their classes.
        augmentation: None is none.
        epochs: at most.
        rate: learning rate of Adam; the transfer scheme may lower it.
        batch: slices or volumes a step.
        precision: lightning-fabric's: "32-true", "bf16-mixed", "16-mixed".
        checkpoint_every: steps between checkpoints.
        seed: of everything random.
        clip: largest norm of all gradients together.
        begins_with: name or folder of a slow fusion of the first of the inputs, into which the others grow (see
            `warm_start`); "" for none.
        learns: of the data set's classes those to learn, the background first; voxels of the others count as
            background. Empty is all.
    """

    name: str
    title: str
    source: str
    ours: tuple[str, ...]
    inputs: tuple[InputSpec, ...]
    network: NetworkSpec
    loss: LossSpec
    transfer: TransferSpec
    epochs: int
    rate: float
    batch: int
    view: PlanesSpec | OneFieldSpec
    version: str = "0"
    nihss: bool = False
    pretrained: str = ""
    penalties: PenaltySpec = default(default_factory=PenaltySpec)
    augmentation: AugmentationSpec | None = None
    split: SplitSpec = default(default_factory=SplitSpec)
    precision: str = "32-true"
    checkpoint_every: int = 500
    seed: int = 1
    clip: float = 5.0
    begins_with: str = ""
    learns: tuple[str, ...] = ()
    kind: str = "cohort"

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 1 or self.checkpoint_every < 1:
            raise ValueError("epochs, batch and checkpoint_every must be at least 1")
        if not self.rate > 0 or self.seed < 0:
            raise ValueError("rate must be positive, and seed not negative")
        if self.learns and len(self.learns) != self.network.classes:
            raise ValueError(f"learns names {len(self.learns)} classes, the network has {self.network.classes}")
        self._check_inputs()
        self._check_network()
        if isinstance(self.loss, FocalTversky) and len(self.loss.weights) not in (0, self.network.classes):
            raise ValueError(
                f"the loss weighs {len(self.loss.weights)} classes, the network has {self.network.classes}"
            )
        if self.pretrained not in ("", self.network.encoder):
            raise ValueError(
                f"pretrained '{self.pretrained}' does not fit the network's encoder, {self.network.encoder or 'none'}"
            )
        if min(SCHEMES[self.transfer.scheme]) < 1 and self.network.encoder is None:
            raise ValueError(f"transfer.scheme '{self.transfer.scheme}' freezes encoders, and the network has none")

    def _check_inputs(self) -> None:
        names = [entry.name for entry in self.inputs]
        if len(set(names)) != len(names):
            raise ValueError("an input is named twice")
        channels = sum(entry.channels for entry in self.inputs)
        if channels != self.network.channels:
            raise ValueError(f"the network has {self.network.channels} channels, the inputs have {channels}")
        if isinstance(self.network, FusionSpec):
            if self.network.inputs != len(names):
                raise ValueError(f"the network fuses {self.network.inputs} inputs, the recipe has {len(names)}")
            if any(entry.channels != self.network.channels_per_input for entry in self.inputs):
                raise ValueError("a fusion network's inputs must all be grey, or all have three channels")
        if isinstance(self.view, PlanesSpec):
            for entry in self.inputs:
                if entry.name not in MRI_ROLES or entry.low is not None:
                    raise ValueError(f"input '{entry.name}': planes take MR sequences relative to the brain's median")

    def _check_network(self) -> None:
        asks = isinstance(self.network, FusionSpec) and self.network.nihss
        if asks != self.nihss:
            raise ValueError("nihss and network.nihss must be the same")
        if isinstance(self.view, PlanesSpec):
            if self.network.classes != 2 or self.network.dimensions != 2 or asks:
                raise ValueError("the three planes need a 2-D network of two classes that asks for images alone")
            return
        if self.network.dimensions != len(self.view.size):
            raise ValueError(f"view.size {list(self.view.size)} where the network is {self.network.dimensions}-D")
        size = self.network.size if isinstance(self.network, FusionSpec) else None
        if size is not None and size != self.view.size:
            raise ValueError(f"network.size {list(size)} is not view.size {list(self.view.size)}")

    def classes_of(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The classes to learn, of a data set's."""
        return self.learns or names

    @property
    def members(self) -> tuple[Member, ...]:
        """Names of the networks to train."""
        return ("axial", "coronal", "sagittal") if isinstance(self.view, PlanesSpec) else ("network",)
