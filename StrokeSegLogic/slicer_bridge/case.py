"""The volume nodes that a user chose, as a case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import SimpleITK as sitk

from ..case import Case, Role, Series
from ..errors import InputError
from .runtime import VolumeNode
from .volumes import image_of


def case_from_nodes(nodes: Mapping[Role | str, VolumeNode], name: str = "Slicer scene") -> Case:
    """A case of volume nodes with the roles that the user gave them.

    Args:
        nodes: a scalar volume node by role.
        name: of the case, for people and file names.

    Raises:
        InputError: if no volume is given, a role is unknown or has no scalar volume, one volume has two roles, or a
            volume cannot be used (see `image_of` and `volumes.validate`).
        OutputError: if slicer is not installed.
    """
    from ..volumes.checks import validate  # which brings in nibabel: the rest of the bridge does without

    chosen: dict[str, Role] = {}
    series = []
    for key, node in nodes.items():
        role = Role.parse(key)
        _require_scalar_volume(node, role)
        if node.GetID() in chosen:
            raise InputError(
                f"is chosen as {chosen[node.GetID()]} and as {role}", where=node.GetName(), fix="Choose one role"
            )
        chosen[node.GetID()] = role
        voxels = image_of(node)
        validate(voxels, node.GetName())
        image = sitk.Cast(voxels, sitk.sitkFloat32)
        validate(image, node.GetName())  # a double beyond float32's range becomes infinite
        digest = hashlib.sha256(memoryview(sitk.GetArrayViewFromImage(image)).cast("B")).hexdigest()
        series.append(Series(role, image, node.GetName(), "chosen by the user", 1.0, digest))
    return Case.of(name, series)


def _require_scalar_volume(node: VolumeNode, role: Role) -> None:
    if node is None:
        raise InputError(f"no volume is chosen as {role}", fix="Choose one, or leave the role out")
    if not node.IsA("vtkMRMLScalarVolumeNode") or node.IsA("vtkMRMLLabelMapVolumeNode"):
        raise InputError(f"is not a scalar volume and cannot be the {role}", where=node.GetName())
