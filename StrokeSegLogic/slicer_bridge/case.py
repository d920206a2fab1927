"""The volume nodes that a user chose, as a case."""

from __future__ import annotations

from collections.abc import Mapping

from ..base.errors import InputError
from ..case import Case, Role
from .runtime import VolumeNode
from .sequences import series_of
from .volumes import image_of


def case_from_nodes(nodes: Mapping[Role | str, VolumeNode], name: str = "Slicer scene") -> Case:
    """A case of volume nodes with the roles that the user gave them.

    Args:
        nodes: a scalar volume node by role; for CTP a sequence, its browser, the volume that the browser shows, or a
            multi-volume.
        name: of the case, for people and file names.

    Raises:
        InputError: if no volume is given, a role is unknown or has no scalar volume, one volume has two roles,
            roles are of MRI and of CT perfusion, or a volume cannot be used (see `image_of`, `series_of` and
            `volumes.validate`).
        OutputError: if slicer is not installed.
    """
    from ..series import series_in_memory  # which brings in nibabel: the rest of the bridge does without
    from ..series.modality import restricted

    restricted([Role.parse(key) for key in nodes], None)
    chosen: dict[str, Role] = {}
    series = []
    for key, node in nodes.items():
        role = Role.parse(key)
        if node is None:
            raise InputError(f"no volume is chosen as {role}", fix="Choose one, or leave the role out")
        if role is not Role.CTP:
            _require_scalar_volume(node, role)
        if node.GetID() in chosen:
            raise InputError(
                f"is chosen as {chosen[node.GetID()]} and as {role}", where=node.GetName(), fix="Choose one role"
            )
        chosen[node.GetID()] = role
        name_of_node = node.GetName()
        image, times = series_of(node) if role is Role.CTP else (image_of(node), None)
        series.append(series_in_memory(role, image, name_of_node, name_of_node, "chosen by the user", times))
    return Case.of(name, series)


def _require_scalar_volume(node: VolumeNode, role: Role) -> None:
    if not node.IsA("vtkMRMLScalarVolumeNode") or node.IsA("vtkMRMLLabelMapVolumeNode"):
        raise InputError(f"is not a scalar volume and cannot be the {role}", where=node.GetName())
