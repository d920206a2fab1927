"""The cases of Testing/Slicer, which are for the real application, in the stand-in: so that they are known to be right
before the application runs them. Minutes long, because they use the bundled model; `make test-slow` runs them."""

from __future__ import annotations

import os
import sys
import unittest
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from StrokeSegLogic.slicer_bridge.runtime import nodes_of_class, quiet_vtk

if TYPE_CHECKING:
    from .standin.install import Slicer

CASES = Path(__file__).resolve().parents[2] / "Slicer"
MODULE = "StrokeSegExtension"
NEEDS_THE_APPLICATION = (
    *("an_effect_of_the_segment_editor", "takes_the_segment_editors_effect_away", "reload"),
    *("case_small", "side_by_side_comes_back", "case_generic"),
)
"""Effects of the Segment Editor, loading the module's source anew, the main window, the error log."""


class Application:
    """What the cases ask of the application beyond what the panel does."""

    def __init__(self, running: Slicer, patch: pytest.MonkeyPatch) -> None:
        import slicer

        import StrokeSegExtension as module

        from .opened import OpenedModule
        from .standin.api import api

        # The cases ask of more names than the panel: they are held against the application where they run in it.
        patch.setattr(api, "strict", False)
        self.opened = OpenedModule(running)
        self._running = running
        described = SimpleNamespace(
            title="", categories=[], icon=SimpleNamespace(isNull=lambda: False), path=module.__file__
        )
        self.module = module.StrokeSegExtension(described)
        running.app._emit("startupCompleted()")
        util: dict[str, Any] = {
            "EXIT_SUCCESS": 0,
            "EXIT_FAILURE": 1,
            "moduleNames": lambda: [MODULE],
            "getModule": lambda _name: described,
            "getModuleWidget": lambda _name: self.opened.widget,
            "getModuleLogic": lambda _name: self.opened.widget.logic,
            "selectModule": self._select,
            "forceRenderAllViews": lambda: None,
            "loadVolume": self._load_volume,
            "loadSegmentation": self._load_segmentation,
            "saveScene": self._save_scene,
            "loadScene": self._load_scene,
            "getNode": running.scene.GetFirstNodeByName,
            "getNodesByClass": partial(nodes_of_class, running.scene),
        }
        for name, value in util.items():
            patch.setattr(slicer.util, name, value, raising=False)
        logics = running.app.applicationLogic().GetModuleLogic
        for name in ("Terminologies", "Segmentations", "Volumes"):
            part = SimpleNamespace(logic=partial(logics, name))
            patch.setattr(slicer.modules, name.lower(), part, raising=False)
        colours = SimpleNamespace(logic=lambda: slicer.vtkSlicerColorLogic)
        patch.setattr(slicer.modules, "colors", colours, raising=False)
        manager = type(running.app.layoutManager())
        node = property(lambda self: self.layoutLogic().GetLayoutNode())
        patch.setattr(manager, "node", node, raising=False)
        patch.setattr(manager, "layout", property(lambda self: self.node.GetViewArrangement()), raising=False)
        patch.setattr(manager, "setLayout", lambda self, kind: self.node.SetViewArrangement(kind), raising=False)
        sources = [
            SimpleNamespace(sampleName=sample["sampleName"], customDownloader=sample["customDownloader"])
            for sample in running.samples
        ]
        patch.setattr(slicer.modules, "sampleDataSources", {"StrokeSeg": sources}, raising=False)
        patch.setattr(type(running.app), "applicationVersion", "stand-in", raising=False)
        patch.setattr(type(running.app), "testingEnabled", lambda _self: True, raising=False)
        patch.setattr(sys.modules["slicer.ScriptedLoadableModule"], "ScriptedLoadableModuleTest", unittest.TestCase)

    def run_script(self, path: Path, patch: pytest.MonkeyPatch) -> int:
        """What a --python-script under --testing exits with, as seen in Slicer 5.13: the application exits with 0 as
        soon as the script has returned, unless the script has told it not to."""
        import slicer

        options, codes = SimpleNamespace(runPythonAndExit=True), []
        patch.setattr(type(self._running.app), "commandOptions", lambda _self: options, raising=False)
        patch.setattr(slicer.util, "exit", codes.append, raising=False)
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), {"__file__": str(path), "__name__": "run"})
        if options.runPythonAndExit:
            return 0
        self.opened.wait(lambda: bool(codes), what="the script's exit")
        return codes[0]

    def _select(self, name: str) -> None:
        (self.opened.widget.enter if name == MODULE else self.opened.widget.exit)()

    def _load_volume(self, path: str) -> Any:
        logic = self._running.app.applicationLogic().GetModuleLogic("Volumes")
        with quiet_vtk():
            node = logic.AddArchetypeVolume(path, Path(path).name.split(".")[0])
        assert node is not None
        return node

    def _load_segmentation(self, path: str) -> Any:
        import slicer

        node = self._running.scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        storage = slicer.vtkMRMLSegmentationStorageNode()
        storage.SetFileName(path)
        with quiet_vtk():
            assert storage.ReadData(node)
        return node

    def _save_scene(self, path: str) -> bool:
        with quiet_vtk():
            return bool(self._running.scene.WriteToMRB(path))

    def _load_scene(self, path: str) -> bool:
        with quiet_vtk():
            return bool(self._running.scene.ReadFromMRB(path, False))


@pytest.fixture
def application(running: Slicer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Application]:
    monkeypatch.setenv("STROKESEG_TEST_OUTPUT", str(tmp_path / "output"))
    monkeypatch.syspath_prepend(str(CASES))
    application = Application(running, monkeypatch)
    try:
        yield application
    finally:
        application.opened.close()
        for name in [name for name in sys.modules if name.partition(".")[0] == "strokeseg_cases"]:
            del sys.modules[name]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("application")
def test_the_cases_for_the_real_application_pass_in_the_stand_in() -> None:
    from strokeseg_cases import suite

    found = [case for case in suite.cases() if not any(part in case.id() for part in NEEDS_THE_APPLICATION)]
    assert len(found) > 15 or "STROKESEG_TEST_CASES" in os.environ
    result = unittest.TestResult()
    unittest.TestSuite(found).run(result)
    problems = [f"{case.id()}:\n{words}" for case, words in (*result.failures, *result.errors)]
    assert not problems, "\n".join(problems)
    assert result.testsRun == len(found)


@pytest.mark.parametrize(("case", "code"), [("fails_on_purpose", 1), ("stands_in_its_category", 0)])
def test_a_failure_reaches_the_exit_code_of_the_application(
    application: Application, monkeypatch: pytest.MonkeyPatch, case: str, code: int
) -> None:
    monkeypatch.setenv("STROKESEG_TEST_CASES", case)
    assert application.run_script(CASES / "run.py", monkeypatch) == code


@pytest.mark.usefixtures("application")
def test_run_all_is_no_success_where_nothing_ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from strokeseg_cases import suite

    monkeypatch.setenv("STROKESEG_TEST_CASES", "none of this name")
    assert suite.run_all() is False
    assert "nothing ran" in (tmp_path / "output" / "log.txt").read_text()


@pytest.mark.usefixtures("application")
def test_run_all_tells_a_failure_from_a_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from strokeseg_cases import case_module, suite

    monkeypatch.setenv("STROKESEG_TEST_CASES", "stands_in_its_category,refused_in_words")
    assert suite.run_all() is True, (tmp_path / "output" / "log.txt").read_text()
    monkeypatch.setattr(
        case_module.ModuleCase,
        "test_the_module_stands_in_its_category_under_its_title",
        lambda self: self.fail("on purpose"),
    )
    assert suite.run_all() is False
    record = (tmp_path / "output" / "results.json").read_text()
    assert "on purpose" in record
    assert '"good": false' in record
