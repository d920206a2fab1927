"""Segmenting from Slicer's Python console and from scripts, without the panel.

logic = slicer.util.getModuleLogic("StrokeSegExtension")
node = logic.segment({"DWI": dwi, "FLAIR": flair}, wait=True)
run = logic.segment({"DWI": dwi}, done=lambda node: print(node.GetName()), failed=print)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import slicer

from StrokeSegLogic.base.errors import InputError, StrokeSegError
from StrokeSegLogic.study.case import MRI_ROLES, ClinicalData, Modality, Role

from .console_run import ConsoleRun
from .packages import RequiredPackages
from .problems import used_twice
from .protocols import Packages
from .qt_clock import QtClock
from .runner import WorkerRunner
from .slicer_installer import SlicerInstaller
from .study import Handle, Settings, StudyInputs

_PLAIN = Settings(probability=False, agreement=False, maps=False, report=False)


class Console:
    """Runs what scripts ask for, one at a time, in a worker of its own that stays warm.

    Args:
        packages: what the worker needs.
    """

    def __init__(self, packages: Packages) -> None:
        self._packages = packages
        self._clock = QtClock()
        self._runner = WorkerRunner(self._clock)
        slicer.app.connect("aboutToQuit()", self.close)

    def begin(self, inputs: StudyInputs, settings: Settings, run: ConsoleRun) -> None:
        """Reads the volumes and starts a run.

        Raises:
            StrokeSegError: if a volume cannot be used, a package is missing, or a run is under way.
        """
        from StrokeSegLogic.slicer_bridge.sequences import read_input

        self._packages.require()
        voxels = {handle: read_input(slicer.mrmlScene, handle) for handle in inputs.handles}
        self._runner.start(inputs, settings, voxels, run)
        run.begin(self._runner, self._clock, inputs, settings)

    def close(self) -> None:
        """Ends the worker; nothing stays."""
        self._runner.stop()
        self._clock.stop()


_console: Console | None = None


def console() -> Console:
    """The one console of the application."""
    global _console
    if _console is None:
        _console = Console(RequiredPackages(SlicerInstaller()))
    return _console


def close_console() -> None:
    """Ends the console's worker, where there is any: the module is loaded anew, or goes."""
    global _console
    if _console is not None:
        _console.close()
        _console = None


def segment(
    volumes: Mapping[Role | str, Any],
    *,
    wait: bool = False,
    done: Callable[[Any], None] | None = None,
    failed: Callable[[StrokeSegError], None] | None = None,
    progressed: Callable[[float, str], None] | None = None,
    age: float | None = None,
    nihss: int | None = None,
    onset_hours: float | None = None,
    reference: Role | str | None = None,
    brain_mask: Any = None,
    name: str = "Slicer scene",
    **options: Any,
) -> Any:
    """Segments volume nodes in a process beside Slicer.

    Args:
        volumes: a scalar volume node by role ("DWI", "FLAIR", "ADC", "T1", "T2"; or for CT perfusion "CT", "CBF",
            "CBV", "MTT", "TTP", "TMAX", "MIP"); for "CTP" a sequence node or its browser.
        wait: whether to come back with the result; the window is kept alive meanwhile.
        done: called with the segmentation node; it and the next two on the main thread, from the event loop.
        failed: called with the error instead.
        progressed: called with the fraction done and the stage in words.
        age, nihss, onset_hours: what is known of the patient.
        reference: role on whose grid the result lies.
        brain_mask: a segmentation node (all its segments) or a label map node that holds the brain; found if None. For
            MRI alone.
        name: of the case.
        options: of `study.Settings`: model, device, vote, register, route, threshold, minimum_lesion_ml, flips,
            reproducible, anonymous, unmeasured, aif, hematocrit; and probability, agreement, maps, report, which add
            nodes and are off unless asked for.

    Returns:
        With `wait` the vtkMRMLSegmentationNode; else the `console_run.ConsoleRun`, to be asked and cancelled.

    Raises:
        InputError: if a role, an option or a volume cannot be used.
        StrokeSegError: if a package is missing, a run is under way, or with `wait` the run fails.
        Cancelled: with `wait`, if the run was cancelled or the scene closed.
    """
    inputs = replace(_inputs(volumes, name), clinical=ClinicalData(age, nihss, onset_hours))
    if reference is not None:
        role = Role.parse(reference)
        if role not in inputs.volumes:
            raise InputError(f"the reference {role} is not among the volumes", fix="Choose one of them")
        inputs = replace(inputs, reference=role)
    if brain_mask is not None:
        inputs = replace(inputs, brain_mask=_mask(brain_mask, inputs.modality))
    run = ConsoleRun(slicer.mrmlScene, done, failed, progressed)
    console().begin(inputs, _settings(options), run)
    return run.wait() if wait else run


def _inputs(volumes: Mapping[Role | str, Any], name: str) -> StudyInputs:
    handles: dict[Role, Handle] = {}
    for key, node in volumes.items():
        role = Role.parse(key)
        _require_in_scene(node, f"the volume of {role}")
        if node.IsA("vtkMRMLSequenceBrowserNode"):
            node = node.GetMasterSequenceNode()
        wanted = "vtkMRMLSequenceNode" if role is Role.CTP else "vtkMRMLScalarVolumeNode"
        if node is None or not node.IsA(wanted) or node.IsA("vtkMRMLLabelMapVolumeNode"):
            raise InputError(f"cannot be the {role}: it is no {wanted}", where=None if node is None else node.GetName())
        handles[role] = node.GetID()
    if not handles:
        raise InputError("no volume is given", fix="Give at least DWI or FLAIR, or CBF and TMAX, or CTP")
    mri = [role in MRI_ROLES for role in handles]
    if any(mri) and not all(mri):
        raise InputError(f"{', '.join(handles)} are of MRI and of CT perfusion", fix="Give those of one study")
    modality: Modality = "mri" if all(mri) else "ctp"
    inputs = StudyInputs(modality, {role: handles[role] for role in Role if role in handles}, name=name)
    problem = used_twice(inputs)
    if problem is not None:
        raise problem
    return inputs


def _mask(node: Any, modality: Modality) -> Handle:
    """The ID of a brain mask's node.

    Raises:
        InputError: if it is no mask of the scene, or the study is no MRI.
    """
    if modality != "mri":
        raise InputError("has no meaning for CT perfusion", option="brain_mask", fix="Leave it out")
    _require_in_scene(node, "the brain mask")
    if not any(node.IsA(kind) for kind in ("vtkMRMLSegmentationNode", "vtkMRMLLabelMapVolumeNode")):
        what = "cannot be the brain mask: it is neither a segmentation nor a label map"
        raise InputError(what, where=node.GetName(), option="brain_mask", fix="Choose another node")
    handle: Handle = node.GetID()
    return handle


def _require_in_scene(node: Any, what: str) -> None:
    if node is None or slicer.mrmlScene.GetNodeByID(node.GetID() or "") is not node:
        raise InputError(f"{what} is not a node of the scene", fix="Add it to the scene first")


def _settings(options: Mapping[str, Any]) -> Settings:
    known = [field.name for field in fields(Settings)]
    for key in options:
        if key not in known:
            raise InputError(f"no option is called '{key}'", fix=f"Use {', '.join(known)}")
    return replace(_PLAIN, **options)
