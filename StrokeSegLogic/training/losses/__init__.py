"""Losses of the three papers, for slices and volumes and any number of classes, behind one interface."""

from __future__ import annotations

from .choose import Loss, LossSpec, loss_of
from .cross_entropy_dice import CrossEntropyDice
from .focal_tversky import FocalTversky
from .iou import IoU

__all__ = ["CrossEntropyDice", "FocalTversky", "IoU", "Loss", "LossSpec", "loss_of"]
