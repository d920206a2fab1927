"""The planes' networks, their vote, and how sure the volume is that comes of it.

Karkera and Chowdhury (arXiv 2511.07281): each voxel gets the label that most planes give. The paper names a vote
weighted by the planes' confidence as future work; the mean of probabilities stands beside both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from ..base.progress import Progress, check_cancelled
from ..base.settings import PLANES, VOTES, Plane, one_of
from ..nets.models.spec import PlanesModelSpec
from ..space.grid import MIRRORED, Grid, from_stack, to_stack
from ..space.masks import ball_radius
from ..space.resampling import execute
from .prepare import RIM_MM, NetworkInput, Prepared, shown_within
from .settings import MriSettings

if TYPE_CHECKING:
    from torch import nn

    from ..nets.run.network import Device


def run_planes(
    networks: Mapping[str, nn.Module],
    prepared: NetworkInput,
    device: Device,
    progress: Progress,
    flips: bool = False,
    canvas: Sequence[int] = (),
) -> dict[Plane, np.ndarray]:
    """Each plane's lesion probability (z, y, x) on the working grid, 0 outside of what was searched.

    Where more than the brain is searched (`RIM_MM`) the networks look twice. The brain alone is what they have
    learned from: shown the fat and bone of a rim around it they mark more, deep in the brain, too. So what is found in
    the brain is found without the rim, and the second look only carries it on: in the rim a voxel is no more probable
    than the most probable voxel of the brain beside it.

    For `flips` see `MriSettings`, for `canvas` `PlanesModelSpec`.
    """
    brain, searched = prepared.brain, prepared.searched
    twice = not np.array_equal(brain, searched)
    channels = prepared.channels
    looks = [(brain, shown_within(channels, brain)), (searched, channels)] if twice else [(brain, channels)]
    found: dict[Plane, np.ndarray] = {}
    for number, plane in enumerate(PLANES):
        answers = []
        for look, (mask, shown) in enumerate(looks):
            begin = number / len(PLANES) + look / len(looks) / len(PLANES)
            span = progress.span(begin, begin + 1 / len(looks) / len(PLANES))
            answer = _plane_probability(
                networks[plane], shown, prepared.seen(plane), plane, device, span, flips, canvas
            )
            answers.append(np.where(mask, answer, np.float32(0)))
        found[plane] = answers[0]
        if twice:
            found[plane] = np.where(brain, answers[0], np.minimum(answers[1], _carried_on(answers[0], prepared.grid)))
    return found


def _plane_probability(
    network: nn.Module,
    channels: np.ndarray,
    seen: np.ndarray,
    plane: Plane,
    device: Device,
    progress: Progress,
    flips: bool,
    canvas: Sequence[int],
) -> np.ndarray:
    """The lesion probability (z, y, x) of channels (C, z, y, x), 0 on slices that are not shown."""
    from ..nets.run.network import lesion_probability

    slices = np.stack([to_stack(channel, plane)[seen] for channel in channels], axis=1)
    stack = np.zeros(to_stack(channels[0], plane).shape, np.float32)
    if flips and plane in MIRRORED:
        straight = lesion_probability(network, slices, device, progress.span(0.0, 0.5), f"{plane} plane", canvas)
        turned, half = slices[..., ::-1], progress.span(0.5, 1.0)
        mirrored = lesion_probability(network, turned, device, half, f"{plane} plane, mirrored", canvas)
        stack[seen] = (straight + mirrored[..., ::-1]) / 2
    else:
        stack[seen] = lesion_probability(network, slices, device, progress, f"{plane} plane", canvas)
    return from_stack(stack, plane)


def _carried_on(probability: np.ndarray, grid: Grid) -> np.ndarray:
    """The largest probability (z, y, x) around each voxel, as far as what is searched reaches beyond the brain."""
    image = grid.image(probability)
    widened = sitk.GrayscaleDilateImageFilter()
    widened.SetKernelType(sitk.sitkBox)
    widened.SetKernelRadius(ball_radius(image, RIM_MM))
    return sitk.GetArrayFromImage(execute(widened, image))


@dataclass(frozen=True)
class Vote:
    """What the planes decided together; arrays of the planes' own shape.

    Attributes:
        labels: uint8, 1 is lesion.
        agreement: uint8, number of planes that said lesion, whatever the method.
        probability: float32, mean of the planes (weighted by the weights for "weighted").
        members: each plane's own lesion, bool.
    """

    labels: np.ndarray
    agreement: np.ndarray
    probability: np.ndarray
    members: dict[Plane, np.ndarray]


def vote(
    probabilities: Mapping[Plane, np.ndarray],
    method: str = "majority",
    threshold: float = 0.5,
    weights: Mapping[str, float] | None = None,
) -> Vote:
    """Lets the planes vote.

    A plane says lesion where its probability is at least the threshold. "majority": lesion where more than half of
    the planes say so. "weighted": where the planes that say so hold more than half of the weight. "mean": where the
    mean probability is at least the threshold.

    Args:
        probabilities: lesion probability of each plane, arrays of one shape.
        method: one of `base.settings.VOTES`.
        threshold: of the probability.
        weights: for "weighted"; equal if None.

    Raises:
        InputError: if there is no such method.
    """
    one_of(method, VOTES, "vote")
    members = {plane: probability >= threshold for plane, probability in probabilities.items()}
    agreement = np.asarray(sum(member.astype(np.uint8) for member in members.values()))
    share = {plane: (weights or {}).get(plane, 1.0) if method == "weighted" else 1.0 for plane in members}
    total = sum(share.values())
    # Summed one by one in float32: a stack of three large volumes would double the memory.
    probability = np.zeros(agreement.shape, np.float32)
    for plane, values in probabilities.items():
        check_cancelled()
        probability += np.float32(share[plane] / total) * values
    if method == "mean":
        labels = probability >= threshold
    else:
        said = np.zeros(agreement.shape, np.float64)
        for plane, member in members.items():
            check_cancelled()
            said += share[plane] * member
        labels = said > total / 2
    return Vote(labels.astype(np.uint8), agreement, probability, members)


def majority(probabilities: Mapping[Plane, np.ndarray], threshold: float) -> np.ndarray:
    """Where more than half of the planes say lesion at that threshold, bool."""
    said = sum((values >= threshold).astype(np.uint8) for values in probabilities.values())
    return np.asarray(2 * np.asarray(said) > len(probabilities))


MEASURED_WITH = ("vote", "threshold", "flips", "minimum_lesion_ml")
"""Settings that change what is called lesion: volumes were measured with what these are by default."""


@dataclass(frozen=True)
class VolumeInterval:
    """Where the true volume of the lesion lies in nine of ten patients such as those it was measured on.

    Attributes:
        low_ml, high_ml: its ends; None where there is none.
        measured_on: on whom it was measured, and how many of them it held.
        why_not: the reason where there is none, a clause.
    """

    low_ml: float | None = None
    high_ml: float | None = None
    measured_on: str = ""
    why_not: str = ""

    @property
    def words(self) -> str:
        """A clause."""
        if self.low_ml is None or self.high_ml is None:
            return f"no 90 % interval of the volume: {self.why_not}"
        return f"90 % interval of the volume {self.low_ml:.1f} to {self.high_ml:.1f} ml; measured on {self.measured_on}"


def volume_interval(
    lesion: np.ndarray,
    probabilities: Mapping[Plane, np.ndarray],
    grid: Grid,
    spec: PlanesModelSpec,
    seen: Prepared,
    settings: MriSettings,
) -> VolumeInterval:
    """The interval of a voted lesion's volume; none where no such result was measured.

    Args:
        lesion: bool (z, y, x).
        probabilities: of each plane (z, y, x).
        grid: of all.
        spec: of the model.
        seen: which sequences were looked at, and which of them show most of the brain.
        settings: how it was voted.
    """
    names = " + ".join(role.value for role in seen.used)
    law = spec.volume_law_for(seen.used)
    if law is None:
        return VolumeInterval(why_not=f"it was never measured for {spec.name} on {names}")
    if len(seen.of_most) < len(seen.used):
        return VolumeInterval(why_not=f"it was never measured where part of {names} shows less than most of the brain")
    usual = MriSettings(threshold=None if settings.threshold is None else spec.threshold_for(seen.of_most))
    others = [name for name in MEASURED_WITH if getattr(settings, name) != getattr(usual, name)]
    if others:
        return VolumeInterval(why_not=f"it was never measured with another {' or '.join(others)} than the model's own")
    more, less = (majority(probabilities, threshold) for threshold in (law.low, law.high))
    volumes = [float(mask.sum() * grid.voxel_ml) for mask in (lesion, more, less)]
    ends = law.interval_ml(*volumes)
    if ends is None:
        return VolumeInterval(why_not=f"nothing is called lesion, and for {names} no such patients were measured")
    # No lesion is larger than what was searched for it.
    whole = float(seen.searched.sum() * seen.grid.voxel_ml)
    return VolumeInterval(ends[0], min(ends[1], max(whole, volumes[0])), law.measured_on)
