"""Simulated studies in Slicer's Sample Data module: made on this computer, so they work without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _

if TYPE_CHECKING:
    from StrokeSegLogic.result.outcome import Layer

CATEGORY = "StrokeSeg"
MRI_SAMPLE = "StrokeSegMRI"
CTP_SAMPLE = "StrokeSegCTPMaps"
_MRI_ROLES = ("DWI", "FLAIR", "ADC", "T1", "T2")
_PAUSE_S = 0.02
_SHOWN_MS = 3000

Make = Callable[[], "Sequence[Layer]"]


def register_samples(icons: Path) -> None:
    """Adds the simulated studies to the Sample Data module."""
    import SampleData

    for name, make in ((MRI_SAMPLE, _mri), (CTP_SAMPLE, _ctp)):
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=name,
            uris=[],
            fileNames=[],
            nodeNames=[],
            customDownloader=_loader(name, make),
            thumbnailFileName=str(icons / f"{name}.png"),
        )


def _loader(name: str, make: Make) -> Callable[[Any], list[Any]]:
    return lambda _source: load_sample(name, make)


def load_sample(name: str, make: Make) -> list[Any]:
    """Makes a study beside the window, and adds its volumes to the scene.

    Returns:
        The volume nodes.

    Raises:
        RuntimeError: if it could not be made; the Sample Data module shows why.
    """
    from StrokeSegLogic.slicer_bridge.volumes import add_volume

    made: list[Layer] = []
    failed: list[Exception] = []

    def work() -> None:
        try:
            made.extend(make())
        except Exception as error:  # on this thread nobody else would hear of it
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    slicer.util.showStatusMessage(_("Simulating {name}: this takes some seconds").format(name=name))
    while thread.is_alive():
        # As Slicer's own downloads do.
        slicer.app.processEvents()
        thread.join(_PAUSE_S)
    if failed:
        raise RuntimeError(f"{name} could not be made: {failed[0]}") from failed[0]
    nodes = []
    for layer in made:
        node = add_volume(slicer.mrmlScene, layer.image, f"{name}_{layer.title}", layer.display)
        node.SetDescription("Simulated by StrokeSeg: not a patient")
        nodes.append(node)
        slicer.app.processEvents()
    slicer.util.showStatusMessage(_("{name} is loaded").format(name=name), _SHOWN_MS)
    # A volume that is only added is seen nowhere: shown as Slicer's own samples are.
    if nodes and slicer.app.layoutManager() is not None:
        slicer.util.setSliceViewerLayers(background=nodes[0], foreground=None, label=None, fit=True)
    return nodes


def _mri() -> list[Layer]:
    from StrokeSegLogic.phantom.mri import mri_phantom
    from StrokeSegLogic.result.outcome import Layer
    from StrokeSegLogic.study.case import Role

    images = mri_phantom(0).images
    return [Layer(name, images[Role(name)]) for name in _MRI_ROLES]


def _ctp() -> list[Layer]:
    import SimpleITK as sitk

    from StrokeSegLogic.ctp.maps.windows import map_layer
    from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
    from StrokeSegLogic.study.case import Role
    from StrokeSegLogic.study.maps.units import STANDARD_UNITS

    images = ctp_patient(0).maps(ctp_grid()).images
    brain = sitk.GetArrayViewFromImage(images[Role.CBF]) > 0
    return [map_layer(role, image, STANDARD_UNITS[role], brain) for role, image in images.items()]
