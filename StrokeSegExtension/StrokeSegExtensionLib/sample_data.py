"""Simulated studies in Slicer's Sample Data module: made on this computer, so they work without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import slicer
from slicer.i18n import tr as _

from .review_memory import ReviewMemory

if TYPE_CHECKING:
    import SimpleITK as sitk

    from StrokeSegLogic.result.outcome import Layer

CATEGORY = "StrokeSeg"
MRI_SAMPLE = "StrokeSegMRI"
CTP_SAMPLE = "StrokeSegCTPMaps"
REVIEW_SAMPLE = "StrokeSegReview"
_MRI_ROLES = ("DWI", "FLAIR", "ADC", "T1", "T2")
_REVIEW_ROLES = ("DWI", "FLAIR", "ADC")
_REVIEW_PATIENTS = {"patient 1": 1, "patient 2": 2, "patient 3": 3}
"""The phantoms' seeds by the folders' names."""
_REVIEW_SPACING = (1.8, 1.8, 5.0)
"""Of FLAIR, mm."""
_PAUSE_S = 0.02
_SHOWN_MS, _READ_MS = 3000, 30000

Make = Callable[[], "Sequence[Layer]"]
Made = TypeVar("Made")


def register_samples(icons: Path) -> None:
    """Adds the simulated studies to the Sample Data module."""
    import SampleData

    loaders = {
        MRI_SAMPLE: lambda _source: load_sample(MRI_SAMPLE, _mri),
        CTP_SAMPLE: lambda _source: load_sample(CTP_SAMPLE, _ctp),
        REVIEW_SAMPLE: lambda _source: write_studies(_cache() / REVIEW_SAMPLE, _REVIEW_PATIENTS, _small_mri),
    }
    for name, loader in loaders.items():
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=name,
            uris=[],
            fileNames=[],
            nodeNames=[],
            customDownloader=loader,
            thumbnailFileName=str(icons / f"{name}.png"),
        )


def load_sample(name: str, make: Make) -> list[Any]:
    """Makes a study beside the window, and adds its volumes to the scene.

    Returns:
        The volume nodes.

    Raises:
        RuntimeError: if it could not be made; the Sample Data module shows why.
    """
    from StrokeSegLogic.slicer_bridge.volumes import add_volume

    nodes = []
    for layer in _beside_the_window(name, make):
        node = add_volume(slicer.mrmlScene, layer.image, f"{name}_{layer.title}", layer.display)
        node.SetDescription("Simulated by StrokeSeg: not a patient")
        nodes.append(node)
        slicer.app.processEvents()
    slicer.util.showStatusMessage(_("{name} is loaded").format(name=name), _SHOWN_MS)
    # A volume that is only added is seen nowhere: shown as Slicer's own samples are.
    if nodes and slicer.app.layoutManager() is not None:
        slicer.util.setSliceViewerLayers(background=nodes[0], foreground=None, label=None, fit=True)
    return nodes


def write_studies(
    folder: Path, patients: Mapping[str, int], make: Callable[[int], Mapping[str, sitk.Image]]
) -> list[Any]:
    """Makes studies beside the window and writes them into a folder, one folder each; what is there stays as it is, a
    review that was begun with it too. The section "Review" begins there to look for a folder.

    Args:
        folder: of the studies.
        patients: seeds by the studies' names.
        make: the images of a seed by their names.

    Returns:
        No node: nothing is loaded.

    Raises:
        RuntimeError: if they could not be made; the Sample Data module shows why.
    """

    def write() -> None:
        for name, seed in patients.items():
            _write_study(folder / name, seed, make)

    _beside_the_window(folder.name, write)
    ReviewMemory().keep_folder(str(folder))
    words = _("{count} studies lie in {folder}: open them in Stroke Segmentation, section Review, with Open…")
    slicer.util.showStatusMessage(words.format(count=len(patients), folder=folder), _READ_MS)
    return []


def _beside_the_window(name: str, make: Callable[[], Made]) -> Made:
    """Makes something on a thread while the window lives.

    Raises:
        RuntimeError: if it could not be made.
    """
    made: list[Made] = []
    failed: list[Exception] = []

    def work() -> None:
        try:
            made.append(make())
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
    return made[0]


def _write_study(folder: Path, seed: int, make: Callable[[int], Mapping[str, sitk.Image]]) -> None:
    """A study as NRRD files, which need no package that a fresh Slicer lacks; all of it or nothing."""
    import SimpleITK as sitk

    from StrokeSegLogic.base.recorded_files import fill_new

    last = f"{_REVIEW_ROLES[0]}.nrrd"
    if (folder / last).is_file():
        return

    def fill(place: Path) -> None:
        for name, image in make(seed).items():
            sitk.WriteImage(sitk.Cast(sitk.Round(image), sitk.sitkInt16), str(place / f"{name}.nrrd"), True)

    fill_new(folder, fill, last)


def _cache() -> Path:
    """Where Slicer keeps sample data; its settings can empty it."""
    return Path(slicer.mrmlScene.GetCacheManager().GetRemoteCacheDirectory())


def _mri() -> list[Layer]:
    from StrokeSegLogic.phantom.mri import mri_phantom
    from StrokeSegLogic.result.outcome import Layer
    from StrokeSegLogic.study.case import Role

    images = mri_phantom(0).images
    return [Layer(name, images[Role(name)]) for name in _MRI_ROLES]


def _small_mri(seed: int) -> dict[str, sitk.Image]:
    """Coarser than usual, and so made in a third of the time."""
    from StrokeSegLogic.phantom.mri import mri_phantom
    from StrokeSegLogic.phantom.scan_grids import structural_grid
    from StrokeSegLogic.study.case import Role

    images = mri_phantom(seed, structural=structural_grid(_REVIEW_SPACING)).images
    return {name: images[Role(name)] for name in _REVIEW_ROLES}


def _ctp() -> list[Layer]:
    import SimpleITK as sitk

    from StrokeSegLogic.ctp.maps.windows import map_layer
    from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
    from StrokeSegLogic.study.case import Role
    from StrokeSegLogic.study.maps.units import STANDARD_UNITS

    images = ctp_patient(0).maps(ctp_grid()).images
    brain = sitk.GetArrayViewFromImage(images[Role.CBF]) > 0
    return [map_layer(role, image, STANDARD_UNITS[role], brain) for role, image in images.items()]
