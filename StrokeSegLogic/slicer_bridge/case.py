"""The volume nodes that a user chose, as a case."""

from __future__ import annotations

from collections.abc import Mapping

from ..case import Case, Role
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
    from ..series import series_in_memory  # which brings in nibabel: the rest of the bridge does without

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
        name_of_node = node.GetName()
        series.append(series_in_memory(role, image_of(node), name_of_node, name_of_node, "chosen by the user"))
    return Case.of(name, series)


def _require_scalar_volume(node: VolumeNode, role: Role) -> None:
    if node is None:
        raise InputError(f"no volume is chosen as {role}", fix="Choose one, or leave the role out")
    if not node.IsA("vtkMRMLScalarVolumeNode") or node.IsA("vtkMRMLLabelMapVolumeNode"):
        raise InputError(f"is not a scalar volume and cannot be the {role}", where=node.GetName())
