"""A result's probability, agreement and maps as volume nodes, shown as what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .placed_volume import PlacedVolume
from .scene_volumes import RESULT_MARK

if TYPE_CHECKING:
    from StrokeSegLogic.palettes import PaletteName

_GREY = "vtkMRMLColorTableNodeGrey"
_HEAT = "vtkMRMLColorTableNodeIron"
_SHADES = 256
_OVERLAYS = ("probability", "agreement")
_PALETTES: dict[str, PaletteName] = {"CBF": "flow", "CBV": "flow", "MTT": "time", "TTP": "time", "TMAX": "time"}
_AGREEMENT_COLOURS = {
    "no plane": (0.0, 0.0, 0.0),
    "one plane": (0.27, 0.46, 0.71),
    "two planes": (0.99, 0.68, 0.38),
    "three planes": (0.84, 0.10, 0.11),
}


def add_result_volume(scene: Any, name: str, volume: PlacedVolume, kind: str) -> Any:
    """Adds a volume node of a result.

    Args:
        scene: to add it to.
        name: of the node.
        volume: its voxels.
        kind: "probability" (0 to 1), "agreement" (0 to 3 planes), or a map's role.
    """
    from StrokeSegLogic.slicer_bridge.geometry import set_volume_geometry
    from StrokeSegLogic.slicer_bridge.volumes import vtk_scalars

    display = scene.AddNewNodeByClass("vtkMRMLScalarVolumeDisplayNode")
    # Before there are voxels: an automatic window would count all of them on the GUI thread.
    display.SetAutoWindowLevel(False)
    low, high = _window(volume, kind)
    display.SetWindowLevelMinMax(low, high)
    display.SetAndObserveColorNodeID(_colours(scene, kind))
    if kind in _OVERLAYS:
        display.SetInterpolate(kind == "probability")
        display.SetAutoThreshold(False)
        display.SetThreshold(0.05 if kind == "probability" else 1.0, high)
        display.SetApplyThreshold(True)
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", scene.GetUniqueNameByString(name))
    node.SetAttribute(RESULT_MARK, kind if kind in _OVERLAYS else "map")
    node.SetAndObserveDisplayNodeID(display.GetID())
    set_volume_geometry(node, volume.grid)
    node.SetAndObserveImageData(_image(volume, vtk_scalars(volume.array)))
    return node


def _image(volume: PlacedVolume, scalars: Any) -> Any:
    import vtk

    data = vtk.vtkImageData()
    data.SetDimensions(volume.grid.size)
    data.GetPointData().SetScalars(scalars)
    return data


def _window(volume: PlacedVolume, kind: str) -> tuple[float, float]:
    if kind in _OVERLAYS:
        return 0.0, 1.0 if kind == "probability" else 3.0
    import numpy as np

    # Of every seventh voxel: a window need not be exact, and it must be quick.
    inside = volume.array.ravel()[::7]
    inside = inside[inside > 0]
    return (0.0, float(np.percentile(inside, 99))) if inside.size else (0.0, 1.0)


def _colours(scene: Any, kind: str) -> str:
    """ID of the colours of a kind of volume."""
    if kind == "probability":
        return _HEAT
    if kind == "agreement":
        return _table(scene, "StrokeSeg agreement", list(_AGREEMENT_COLOURS.values()), list(_AGREEMENT_COLOURS))
    palette = _PALETTES.get(kind)
    if palette is None:
        return _GREY
    import numpy as np

    from StrokeSegLogic.palettes import colours

    shades = [(float(r), float(g), float(b)) for r, g, b in colours(palette, np.linspace(0, 1, _SHADES)) / 255]
    return _table(scene, f"StrokeSeg {palette}", shades, [f"{number}" for number in range(_SHADES)])


def _table(scene: Any, name: str, shades: list[tuple[float, float, float]], words: list[str]) -> str:
    """ID of a colour table that is made once in a scene."""
    table = scene.GetFirstNodeByName(name)
    if table is None:
        table = scene.AddNewNodeByClass("vtkMRMLColorTableNode", name)
        table.SetTypeToUser()
        table.SetAttribute("Category", "StrokeSeg")
        table.SetHideFromEditors(False)  # hidden ones are saved in a folder apart
        table.SetNumberOfColors(len(shades))
        for index, rgb in enumerate(shades):
            table.SetColor(index, words[index], *rgb)
    return str(table.GetID())
