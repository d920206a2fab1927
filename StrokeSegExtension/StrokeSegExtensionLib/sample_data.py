"""Simulated studies in Slicer's Sample Data module: made on this computer, so they work without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

CATEGORY = "StrokeSeg"
MRI_SAMPLE = "StrokeSegMRI"
CTP_SAMPLE = "StrokeSegCTPMaps"
_MRI_ROLES = ("DWI", "FLAIR", "ADC", "T1", "T2")
_PAUSE_S = 0.02
_SHOWN_MS = 3000

Images = Mapping[str, Any]

_CT_HU = (0.0, 80.0)
"""Window of the brain."""


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


def _loader(name: str, make: Callable[[], Images]) -> Callable[[Any], list[Any]]:
    return lambda _source: load_sample(name, make)


def load_sample(name: str, make: Callable[[], Images]) -> list[Any]:
    """Makes a study beside the window, and adds its volumes to the scene.

    Returns:
        The volume nodes.

    Raises:
        RuntimeError: if it could not be made; the Sample Data module shows why.
    """
    from StrokeSegLogic.slicer_bridge.volumes import add_volume
    from StrokeSegLogic.study.case import Role

    made: dict[str, Any] = {}
    failed: list[Exception] = []

    def work() -> None:
        try:
            made.update(make())
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
    for role, image in made.items():
        node = add_volume(slicer.mrmlScene, image, f"{name}_{Role(role).display_name}")
        node.SetDescription("Simulated by StrokeSeg: not a patient")
        if role == "CT":
            # Its own range would show bone and nothing else.
            node.GetDisplayNode().SetAutoWindowLevel(False)
            node.GetDisplayNode().SetWindowLevelMinMax(*_CT_HU)
        nodes.append(node)
    slicer.util.showStatusMessage(_("{name} is loaded").format(name=name), _SHOWN_MS)
    # A volume that is only added is seen nowhere: shown as Slicer's own samples are.
    if nodes and slicer.app.layoutManager() is not None:
        slicer.util.setSliceViewerLayers(background=nodes[0], foreground=None, label=None, fit=True)
    return nodes


def _mri() -> Images:
    from StrokeSegLogic.phantom.mri import mri_phantom
    from StrokeSegLogic.study.case import Role

    images = mri_phantom(0).images
    return {name: images[Role(name)] for name in _MRI_ROLES}


def _ctp() -> Images:
    from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient

    return {role.value: image for role, image in ctp_patient(0).maps(ctp_grid()).images.items()}
