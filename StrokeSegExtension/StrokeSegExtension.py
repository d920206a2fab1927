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
            "simulated study from Sample Data, category StrokeSeg. <b>2</b> Press Assign and check the rows; a warning "
            "mark says where there is doubt, its tooltip why. <b>3</b> Press Segment. <b>4</b> Go through the doubtful "
            "slices and lesions, correct, export. Many cases, one after the other, are read in the section "
            "Review.<br><br>"
            'Tutorial and documentation: <a href="https://github.com/strokeseg/SlicerStrokeSeg">'
            "github.com/strokeseg/SlicerStrokeSeg</a><br><br>Nothing leaves this computer. "
            "<b>Research use only, not a medical device.</b>"
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
        self._to_open = False
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
            (scene.EndBatchProcessEvent, self._on_batch_over),
            (scene.NodeAddedEvent, self._on_nodes),
            (scene.NodeRemovedEvent, self._on_nodes),
        ):
            self.addObserver(scene, event, heard)
        self._open_scene()

    def enter(self) -> None:
        """The module is shown."""
        self._entered = True
        if self.panel is None:
            return
        if self.panel.parameters is None and not slicer.mrmlScene.IsBatchProcessing():
            self._to_open = False
            self._open_scene()
        self.panel.editor.enter()
        self._shortcuts.install()

    def exit(self) -> None:
        """Another module is shown; a run goes on."""
        self._entered = False
        if self.panel is not None:
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
        console = sys.modules.get("StrokeSegExtensionLib.console_api")
        if console is not None:
            # Its worker would live on with nobody to end it.
            console.close_console()
        entered = self._entered
        for name in list(sys.modules):
            if name.partition(".")[0] in ("StrokeSegExtensionLib", "StrokeSegLogic"):
                del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)
        # Slicer sets the new widget up and does not say that it is shown.
        new = slicer.util.getModuleWidget(self.moduleName)
        if entered and new is not self:
            new.enter()

    def _open_scene(self) -> None:
        self.panel.open_scene(slicer.mrmlScene, self.logic.getParameterNode())

    def _on_scene_closing(self, _caller: Any, _event: Any) -> None:
        if self.panel is not None:
            self.panel.close_scene()

    def _on_scene_importing(self, _caller: Any, _event: Any) -> None:
        if self.panel is not None:
            self.panel.leave_scene()

    def _on_scene_there(self, _caller: Any, _event: Any) -> None:
        """Selectors, views and editor of Slicer hear of the scene after us, or at the end of the batch around it."""
        self._to_open = True
        if self.panel is not None:
            self.panel.soon(self._open_if_quiet)

    def _open_if_quiet(self) -> None:
        if self.panel is None or not self._to_open or slicer.mrmlScene.IsBatchProcessing():
            return
        self._to_open = False
        self._open_scene()
        self.panel.result.show_as_saved()
        if self._entered:
            self.panel.editor.enter()

    def _on_batch_over(self, _caller: Any, _event: Any) -> None:
        if self.panel is None:
            return
        if self._to_open:
            self.panel.soon(self._open_if_quiet)
        else:
            self.panel.offer_volumes()

    def _on_nodes(self, _caller: Any, _event: Any) -> None:
        if self.panel is not None and not slicer.mrmlScene.IsBatchProcessing():
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
