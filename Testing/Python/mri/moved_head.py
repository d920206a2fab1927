"""A sequence that was taken of a head that had moved."""

from __future__ import annotations

import SimpleITK as sitk

from StrokeSegLogic.study.case import Role

MOTION = sitk.Euler3DTransform((0, 0, 0), 0.06, -0.03, 0.08, (3.0, -4.0, 2.5))
ROLES = (Role.DWI, Role.FLAIR, Role.ADC)


def moved(image: sitk.Image) -> sitk.Image:
    return sitk.TransformGeometry(image, MOTION.GetInverse())
