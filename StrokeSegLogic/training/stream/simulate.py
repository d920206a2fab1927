"""Signal of an infarct and of sequences that a sample lacks, from what it has. Simulated, and said to be.

The ranges are ours. They bracket what acute to subacute infarcts show: bright on DWI, dark on ADC, bright on FLAIR
and T2 after some hours (not at all in the first), slightly dark on T1; cerebrospinal fluid dark on FLAIR, DWI and
T1, bright on T2 and ADC; chronic white-matter disease bright on FLAIR and T2, hardly on DWI.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...study.case import Role
from .samples import CHANNELS
from .tensors import Batch, Dice, blur

T1, T2, DWI, FLAIR, ADC = (CHANNELS.index(role) for role in (Role.T1, Role.T2, Role.DWI, Role.FLAIR, Role.ADC))

PAINTED = {T1: (-0.3, -0.03), T2: (0.1, 0.9), DWI: (0.2, 1.8), FLAIR: (0.0, 0.8), ADC: (-0.6, -0.2)}
"""Relative change of a real sequence's signal where a lesion is painted into it."""


def paint(batch: Batch, dice: Dice) -> None:
    """Gives lesions that were placed into healthy brains their signal, in place."""
    soft = soft_lesion(batch.placed, dice)
    for channel, (low, high) in PAINTED.items():
        batch.images[:, channel : channel + 1] *= 1 + dice.between(low, high) * soft


def soft_lesion(lesion: Tensor, dice: Dice) -> Tensor:
    """A lesion (B, 1, H, W) with a soft border and an uneven inside, about 0 to 1."""
    side = (lesion.shape[2], lesion.shape[3])
    border = blur(lesion.float(), float(dice.between(0.5, 1.4)[0]))
    uneven = 1 + dice.between(0.0, 0.3) * dice.field(24, side) + dice.between(0.0, 0.2) * dice.field(6, side)
    return border * uneven.clamp(0.3, 1.7)


def complete(batch: Batch, dice: Dice) -> None:
    """Simulates the sequences that samples lack, from FLAIR, or ADC from DWI alone, in place."""
    flair, dwi = batch.images[:, FLAIR : FLAIR + 1], batch.images[:, DWI : DWI + 1]
    has_flair = batch.present[:, FLAIR].view(-1, 1, 1, 1)
    base = torch.where(has_flair, flair, dwi)
    soft = soft_lesion(batch.lesion, dice)
    brain = batch.brain.float()
    csf = torch.sigmoid((dice.between(0.4, 0.6) - base) / 0.08) * brain
    made = {
        DWI: _dwi(base, soft, brain, batch, dice),
        ADC: _adc(base, csf, soft, dice),
        T2: _t2(base, csf, soft, dice),
        T1: _t1(base, csf, soft, dice),
    }
    for channel, image in made.items():
        can = ~batch.present[:, channel] & (batch.present[:, FLAIR] | (channel == ADC)) & ~batch.complete
        chosen = can.view(-1, 1, 1, 1)
        batch.images[:, channel : channel + 1] = torch.where(
            chosen, image * brain, batch.images[:, channel : channel + 1]
        )
        batch.present[:, channel] |= can


def _dwi(base: Tensor, soft: Tensor, brain: Tensor, batch: Batch, dice: Dice) -> Tensor:
    ceiling = dice.between(1.05, 1.3)
    tissue = torch.minimum(base, ceiling)
    # Tissue contrast is weaker than on FLAIR; CSF stays dark.
    tissue = torch.where(tissue > 0.6, 1 + (tissue - 1) * dice.between(0.3, 1.0), tissue)
    shine_through = (base - ceiling).clamp(min=0) * dice.between(0.0, 0.3)
    image = blur(tissue + shine_through, float(dice.between(0.5, 1.6)[0]))
    strength = torch.where(dice.chance(0.12), dice.between(0.15, 0.4), dice.between(0.4, 1.8))
    image = image * (1 + strength * blur(soft, 0.8))
    return image + _rims(brain, batch, dice)


def _rims(brain: Tensor, batch: Batch, dice: Dice) -> Tensor:
    """Bright rims that air beside the skull base and the sinuses makes on echo-planar images: no lesions."""
    side = (brain.shape[2], brain.shape[3])
    rim = (brain - blur(brain, 4.0)).clamp(min=0) * 2.5 * brain
    patches = torch.sigmoid((dice.field(7, side) - 1.0) * 6)
    shown = dice.chance(0.35) * dice.between(0.5, 2.5)
    return rim * patches * shown * (1 - blur(batch.lesion.float(), 2.0)).clamp(0, 1)


def _adc(base: Tensor, csf: Tensor, soft: Tensor, dice: Dice) -> Tensor:
    disease = (base - 1.15).clamp(0, 1) * dice.between(0.0, 0.4)
    # Grey matter and cerebellum, brighter than white matter on FLAIR and DWI, diffuse a little more or less than it.
    tissue = 1 + (base.clamp(0.7, 1.3) - 1) * dice.between(-0.6, 0.4) + disease
    image = tissue * (1 - csf) + dice.between(2.2, 4.0) * csf
    image = blur(image, float(dice.between(0.5, 1.4)[0]))
    # Measured maps wander and are noisy, most of all where the signal of diffusion imaging is poor.
    side = (base.shape[2], base.shape[3])
    uneven = 1 + dice.between(0.0, 0.12) * dice.field(3, side) + dice.between(0.0, 0.1) * dice.field(9, side)
    uneven = uneven + dice.between(0.0, 0.12) * dice.field(40, side)
    image = image * uneven.clamp(0.4, 1.6) + dice.between(0.0, 0.12) * dice.noise(image)
    return image * (1 - dice.between(0.2, 0.6) * blur(soft, 0.8)).clamp(min=0.2)


def _t2(base: Tensor, csf: Tensor, soft: Tensor, dice: Dice) -> Tensor:
    tissue = 1 + (base - 1) * dice.between(0.5, 1.5)
    image = tissue * (1 - csf) + dice.between(1.8, 3.5) * csf
    return (image + dice.between(0.0, 0.4) * soft).clamp(min=0)


def _t1(base: Tensor, csf: Tensor, soft: Tensor, dice: Dice) -> Tensor:
    tissue = 1 - (base.clamp(0.5, 1.8) - 1) * dice.between(0.4, 1.4)
    image = tissue * (1 - csf) + dice.between(0.2, 0.5) * csf
    return (image - dice.between(0.0, 0.2) * soft).clamp(min=0)
