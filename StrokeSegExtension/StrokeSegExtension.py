"""The module "Stroke Segmentation" of 3D Slicer: what Slicer asks for by name, and the way to the rest."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

try:
    import StrokeSegLogic  # noqa: F401 - whether it is found is what matters
except ModuleNotFoundError:
    # A source checkout under "Additional module paths": the package lies beside this folder. Appended, never put first,
    # so that nothing of Slicer's is hidden.
    sys.path.append(str(Path(__file__).resolve().parent.parent))


class StrokeSegExtension(ScriptedLoadableModule):  # type: ignore[misc]
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        parent.title = _("Stroke Segmentation")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = []
        parent.contributors = ["The StrokeSeg contributors"]
        parent.helpText = _(
            "Segments ischemic stroke lesions on MRI (DWI, FLAIR, ADC, T1, T2, any of them) and core and penumbra on "
            "CT perfusion, into segmentations that can be corrected.<br><br><b>1</b> Load a study, or take a "
            "simulated one from Sample Data, category StrokeSeg. <b>2</b> Press Assign and check the rows; a warning "
            "mark says where there is doubt, its tooltip why. <b>3</b> Press Segment. <b>4</b> Go through the doubtful "
            "slices, correct, export.<br><br>Nothing leaves this computer. <b>Research use only, not a medical "
            "device.</b>"
        )
        parent.acknowledgementText = _(
            "After three published methods: per-plane residual U-Nets with a vote (arXiv 2511.07281), slow fusion of "
            "perfusion maps (arXiv 2203.10039) and a modified 3-D U-Net (ISLES 2018)."
        )
        slicer.app.connect("startupCompleted()", self._on_startup)

    def _on_startup(self) -> None:
        from StrokeSegExtensionLib.sample_data import register_samples
        from StrokeSegExtensionLib.terminology_loading import load_terminology

        load_terminology()
        register_samples(Path(__file__).resolve().parent / "Resources" / "Icons")


class StrokeSegExtensionWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):  # type: ignore[misc]
    """The module's life: it makes the panel, and tells it of scenes that come and go."""

    def __init__(self, parent: Any = None) -> None:
        # Before the base class, which calls setup by itself where there is no parent.
        VTKObservationMixin.__init__(self)
        self.logic: Any = None
        self.panel: Any = None
        self._shortcuts: Any = None
        self._entered = False
        ScriptedLoadableModuleWidget.__init__(self, parent)

    def setup(self) -> None:
        """Makes the panel. Nothing in the views changes."""
        ScriptedLoadableModuleWidget.setup(self)
        from StrokeSegExtensionLib.assembly import make_panel
        from StrokeSegExtensionLib.terminology_loading import load_terminology

        # Again for a module that was loaded after the application had started.
        load_terminology()
        self.logic = StrokeSegExtensionLogic()
        self.panel, self._shortcuts = make_panel(self.resourcePath)
        self.layout.addWidget(self.panel.ui.frame.root)
        scene = slicer.mrmlScene
        for event, heard in (
            (scene.StartCloseEvent, self._on_scene_closing),
            (scene.EndCloseEvent, self._on_scene_there),
            (scene.StartImportEvent, self._on_scene_importing),
            (scene.EndImportEvent, self._on_scene_there),
            (scene.NodeAddedEvent, self._on_nodes),
            (scene.NodeRemovedEvent, self._on_nodes),
        ):
            self.addObserver(scene, event, heard)
        self._open_scene()

    def enter(self) -> None:
        """The module is shown."""
        self._entered = True
        if self.panel.parameters is None:
            self._open_scene()
        self.panel.editor.enter()
        self._shortcuts.install()

    def exit(self) -> None:
        """Another module is shown; a run goes on."""
        self._entered = False
        self.panel.editor.exit()
        self._shortcuts.remove()

    def cleanup(self) -> None:
        """The module goes: no process, timer, shortcut or observer of it stays."""
        self.removeObservers()
        if self.panel is not None:
            if self._entered:
                self.exit()
            self.panel.close()
            self.panel = None

    def onReload(self) -> None:
        """For developers: the next import reads every file of the module and of the package again."""
        for name in list(sys.modules):
            if name.partition(".")[0] in ("StrokeSegExtensionLib", "StrokeSegLogic"):
                del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def _open_scene(self) -> None:
        self.panel.open_scene(slicer.mrmlScene, self.logic.getParameterNode())

    def _on_scene_closing(self, _caller: Any, _event: Any) -> None:
        self.panel.close_scene()

    def _on_scene_importing(self, _caller: Any, _event: Any) -> None:
        self.panel.leave_scene()

    def _on_scene_there(self, _caller: Any, _event: Any) -> None:
        self._open_scene()
        if self._entered:
            self.panel.editor.enter()

    def _on_nodes(self, _caller: Any, _event: Any) -> None:
        if not slicer.mrmlScene.IsBatchProcessing():
            self.panel.offer_volumes()


class StrokeSegExtensionLogic(ScriptedLoadableModuleLogic):  # type: ignore[misc]
    """What scripts and the Python console use."""

    def segment(self, volumes: Mapping[str, Any], wait: bool = False, **options: Any) -> Any:
        """Segments volume nodes: `segment({"DWI": node, "FLAIR": node}, wait=True)`.

        See `StrokeSegExtensionLib.console_api.segment` for arguments, return value and errors.
        """
        from StrokeSegExtensionLib.console_api import segment

        return segment(volumes, wait=wait, **options)


class StrokeSegExtensionTest(ScriptedLoadableModuleTest):  # type: ignore[misc]
    """Slicer's "Reload and Test"; the tests themselves are in Testing/Slicer."""

    def runTest(self) -> None:
        """A smoke test that needs no data: terminology, parameters, and the panel's own files."""
        from StrokeSegExtensionLib.terminology_loading import load_terminology

        slicer.mrmlScene.Clear()
        assert load_terminology(), "the terminology is not loaded"
        assert StrokeSegExtensionLogic().getParameterNode() is not None
        self.delayDisplay("Test passed")
