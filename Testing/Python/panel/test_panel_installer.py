"""How packages are installed in Slicer; Slicer's installers are played, for here nothing may be installed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from StrokeSegLogic.base.errors import StrokeSegError

if TYPE_CHECKING:
    from .standin.install import Slicer


@pytest.fixture
def installer(running: Slicer) -> Any:
    from StrokeSegExtensionLib.slicer_installer import SlicerInstaller

    return SlicerInstaller()


@pytest.fixture
def constraints(tmp_path: Path) -> Path:
    return tmp_path / "constraints.txt"


def module(name: str, **members: Any) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(members)
    return made


def test_the_user_is_asked_with_size_and_names(running: Slicer, installer: Any) -> None:
    from StrokeSegExtensionLib.packages import NEEDED, TORCH

    running.answers += [False, True]
    assert installer.ask((*NEEDED, TORCH)) is False
    assert f"{len(NEEDED) + 1} Python packages" in running.displayed[-1][1]
    assert "PyTorch is among them" in running.displayed[-1][1]
    assert installer.ask(NEEDED) is True
    assert "PyTorch" not in running.displayed[-1][1]


def test_slicers_own_packaging_installs_under_the_constraints_and_asks_no_second_time(
    installer: Any, constraints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[Any, dict[str, Any]]] = []
    packaging = module("slicer.packaging", pip_ensure=lambda names, **how: calls.append((names, how)))
    monkeypatch.setitem(sys.modules, "slicer.packaging", packaging)
    installer.install(["nibabel>=5.2"], constraints)
    expected = {"constraints": constraints, "prompt_install": False, "requester": "StrokeSeg"}
    assert calls == [(["nibabel>=5.2"], expected)]


def test_an_older_slicer_installs_by_its_own_pip(
    installer: Any, constraints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer

    calls: list[Any] = []
    monkeypatch.setitem(sys.modules, "slicer.packaging", None)
    monkeypatch.setattr(slicer.util, "pip_install", calls.append, raising=False)
    installer.install(["nibabel>=5.2"], constraints)
    assert calls == [["nibabel>=5.2", "-c", str(constraints)]]


def test_torch_comes_by_the_extension_that_finds_its_build(installer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    class PyTorchUtilsLogic:
        result: Any = object()

        def installTorch(self, **how: Any) -> Any:
            calls.append(how)
            return self.result

    monkeypatch.setitem(sys.modules, "PyTorchUtils", module("PyTorchUtils", PyTorchUtilsLogic=PyTorchUtilsLogic))
    installer.install_torch(">=2.5")
    assert calls == [{"askConfirmation": False, "torchVersionRequirement": ">=2.5"}]
    PyTorchUtilsLogic.result = None
    with pytest.raises(StrokeSegError, match="was not installed"):
        installer.install_torch(">=2.5")


def test_without_that_extension_it_is_said_where_to_get_it(installer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PyTorchUtils", None)
    with pytest.raises(StrokeSegError, match="Extensions Manager"):
        installer.install_torch(">=2.5")
