"""Slices on which a network marks most of what is no infarct, drawn again: one round of hard negative mining.

After Felzenszwalb et al., Object detection with discriminatively trained part based models, TPAMI 2010, 32:1627.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ...base.errors import InputError
from ...base.files import write_whole
from ...base.progress import Progress
from ...base.settings import PLANES, Plane
from ...nets.run.network import Device, lesion_probability
from ...study.case import Role
from ..arrays import read_arrays
from ..examples import Examples
from .batches import BatchMaker
from .samples import CHANNELS, Sample

RIM_MM = 5.0
"""So near to a true lesion a mark is its outline drawn wide, and none of something else."""
LEAST_PIXELS = 4.0
"""Sum of the false probability, in pixels of 1 mm, that a slice must reach."""
_MASKS = ("lesion", "brain", "counted", "placed")


@dataclass(frozen=True)
class HardNegatives:
    """Mined slices as a source.

    Attributes:
        samples: before augmentation; at least one.
    """

    samples: list[Sample]

    def planes(self) -> tuple[Plane, ...]:
        return tuple(plane for plane in PLANES if any(sample.plane == plane for sample in self.samples))

    def draw(self, plane: Plane, random: np.random.Generator) -> Sample:
        of_plane = [sample for sample in self.samples if sample.plane == plane]
        return of_plane[int(random.integers(len(of_plane)))]


def mine(network: nn.Module, batches: BatchMaker, count: int, kept: int, progress: Progress) -> list[Sample]:
    """The slices that a network is most wrong on where there is nothing, of those that a maker of batches draws.

    Args:
        network: as far as it has learned; left in evaluation mode.
        batches: draws the candidates, augmented as in training, from training patients alone.
        count: batches to draw.
        kept: slices to keep at most.
        progress: told after each batch.
    """
    network.eval()
    found: list[tuple[float, Sample]] = []
    for number in range(count):
        progress(number / count, f"hard negatives: batch {number + 1} of {count}")
        samples, examples = batches.drawn(number)
        wrong = false_pixels(network, examples)
        found += [(value, sample) for value, sample in zip(wrong, samples, strict=True) if value >= LEAST_PIXELS]
        # No more is kept in memory than will be.
        found = sorted(found, key=lambda pair: -pair[0])[:kept]
    return [sample for _, sample in found]


def false_pixels(network: nn.Module, examples: Examples) -> list[float]:
    """The sum of each slice's lesion probability above a half, farther than `RIM_MM` from any lesion."""
    cpu = Device(torch.device("cpu"), None, "cpu")
    probability = torch.from_numpy(
        lesion_probability(network, examples.images.numpy(), cpu, Progress(), "mining", examples.images.shape[-2:])
    )
    reach = int(RIM_MM)
    lesion = (examples.labels == 1)[:, None].float()
    near = functional.max_pool2d(lesion, 2 * reach + 1, stride=1, padding=reach)[:, 0] > 0
    wrong = probability * (probability > 0.5) * ~near * (examples.counted > 0)
    return [float(value) for value in wrong.sum(dim=(1, 2))]


def write_samples(path: Path, samples: Sequence[Sample]) -> None:
    """Slices in a file, images as float16, all of it or nothing.

    Raises:
        OutputError: if it cannot be written.
    """
    arrays: dict[str, np.ndarray] = {
        "plane": np.array([sample.plane for sample in samples]),
        "patient": np.array([sample.patient for sample in samples]),
        "complete": np.array([sample.complete for sample in samples], bool),
    }
    for number, sample in enumerate(samples):
        arrays |= {f"{number}-{role.value}": image.astype(np.float16) for role, image in sample.images.items()}
        masks = [(name, getattr(sample, name)) for name in _MASKS]
        arrays |= {f"{number}-{name}": np.packbits(mask, axis=1) for name, mask in masks if mask is not None}
        arrays[f"{number}-width"] = np.array(sample.brain.shape[1])
    content = BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]  # names of arrays alone
    write_whole(path, content.getvalue())


def read_samples(path: Path) -> list[Sample]:
    """The slices in a file that `write_samples` wrote.

    Raises:
        InputError: if it is missing, damaged, or holds none.
    """
    heads = read_arrays(path, ("plane", "patient", "complete"))
    count = len(heads["plane"])
    if not count:
        raise InputError("holds no slice", where=path, fix="Remove the file, and go on with the run")
    with np.load(path) as store:
        stored = set(store.files)
    wanted = [f"{n}-{name}" for n in range(count) for name in ("width", *_MASKS, *(role.value for role in CHANNELS))]
    arrays = read_arrays(path, [name for name in wanted if name in stored])

    def mask(number: int, name: str) -> np.ndarray | None:
        packed = arrays.get(f"{number}-{name}")
        return None if packed is None else np.unpackbits(packed, axis=1, count=int(arrays[f"{number}-width"])) > 0

    def required(number: int, name: str) -> np.ndarray:
        found = mask(number, name)
        if found is None:
            raise InputError(f"holds no {name} of slice {number}", where=path, fix="Remove the file, and go on")
        return found

    def images(number: int) -> dict[Role, np.ndarray]:
        present = [role for role in CHANNELS if f"{number}-{role.value}" in arrays]
        return {role: arrays[f"{number}-{role.value}"].astype(np.float32) for role in present}

    return [
        Sample(
            images(number),
            required(number, "lesion"),
            required(number, "brain"),
            required(number, "counted"),
            _plane(str(heads["plane"][number])),
            str(heads["patient"][number]),
            mask(number, "placed"),
            bool(heads["complete"][number]),
        )
        for number in range(count)
    ]


def _plane(name: str) -> Plane:
    return next(plane for plane in PLANES if plane == name)
