"""The models' manager: from a file, from a server, and away again; each asked first."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from file_server import serving

from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.model_file import pack
from StrokeSegLogic.nets.models.store import OfferedModel, fetch, installed

from .opened import OpenedModule, target
from .studies import add_study


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for models of this test's own."""
    monkeypatch.setenv("STROKESEG_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def file(untrained: Bundle, tmp_path: Path) -> Path:
    path = tmp_path / "untrained.strokeseg-model.zip"
    pack(untrained.folder, path)
    return path


@pytest.fixture
def ready(opened: OpenedModule) -> OpenedModule:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    return opened


def titles(opened: OpenedModule) -> list[str]:
    box = target(opened.ui.model.modelBox)
    return [box.itemText(index) for index in range(box.count())]


def bring(opened: OpenedModule, file: Path) -> None:
    """Installs a model from a file, as a user does."""
    opened.slicer.files.append(str(file))
    opened.press(opened.ui.model.importButton)
    opened.wait(lambda: len(opened.slicer.displayed) > 0, what="a message")


def test_a_model_from_a_file_is_in_the_list_and_can_be_chosen(ready: OpenedModule, file: Path) -> None:
    before = titles(ready)
    bring(ready, file)
    assert ready.slicer.displayed[-1] == ("info", "untrained is installed.")
    assert titles(ready) == [*before, "random weights"]
    ready.ui.model.modelBox.setCurrentIndex(len(before))
    assert ready.ui.model.trainedLabel.text == "Trained on nothing."
    ready.start()
    assert ready.runner.runs[0][1].model == "untrained"


def test_a_damaged_file_is_refused_with_the_reason(ready: OpenedModule, file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])
    before = titles(ready)
    bring(ready, file)
    kind, text = ready.slicer.displayed[-1]
    assert kind == "error" and file.name in text
    assert titles(ready) == before and installed() == ()


def test_an_installed_model_goes_when_the_user_agrees_and_only_then(ready: OpenedModule, file: Path) -> None:
    bring(ready, file)
    ready.ui.model.modelBox.setCurrentIndex(len(titles(ready)) - 1)
    ready.slicer.answers.append(False)
    ready.press(ready.ui.model.removeButton)
    assert installed() == ("untrained",)
    ready.slicer.answers.append(True)
    ready.press(ready.ui.model.removeButton)
    ready.wait(lambda: installed() == (), what="the model to go")
    ready.wait(lambda: "random weights" not in titles(ready), what="the list")


def test_models_that_came_with_strokeseg_cannot_be_removed(ready: OpenedModule) -> None:
    for index in range(len(titles(ready))):
        ready.ui.model.modelBox.setCurrentIndex(index)
        assert not target(ready.ui.model.removeButton).isEnabled()


def test_nothing_is_downloaded_unless_the_user_agrees(
    ready: OpenedModule, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from StrokeSegExtensionLib import model_dialogs

    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    with serving(content) as url:
        offer = OfferedModel("untrained", "random weights", url, digest, len(content))
        monkeypatch.setattr(model_dialogs, "offered", lambda: (offer,))
        monkeypatch.setattr(model_dialogs, "fetch", partial(fetch, plain_loopback=True))
        ready.slicer.answers.append(False)
        ready.press(ready.ui.model.downloadButton)
        assert url in ready.slicer.displayed[-1][1] and "SHA-256" in ready.slicer.displayed[-1][1]
        ready.rest()
        assert installed() == ()
        ready.slicer.answers.append(True)
        ready.press(ready.ui.model.downloadButton)
        ready.wait(lambda: "random weights" in titles(ready), what="the download")
    assert installed() == ("untrained",)


@pytest.mark.parametrize("during_a_run", [False, True])
def test_a_download_that_stalls_is_cancelled_and_goes_on_from_where_it_was(
    ready: OpenedModule, file: Path, monkeypatch: pytest.MonkeyPatch, store: Path, during_a_run: bool
) -> None:
    from StrokeSegExtensionLib import model_dialogs

    content, ui = file.read_bytes(), ready.ui.model
    offer = OfferedModel("untrained", "random weights", "", hashlib.sha256(content).hexdigest(), len(content))
    monkeypatch.setattr(model_dialogs, "fetch", partial(fetch, plain_loopback=True))
    ready.slicer.answers += [True, True]
    before, shown = titles(ready), ui.needsLabel.text
    assert target(ui.cancelDownloadButton).isHidden()
    with serving(content, "stalled", etag='"1"') as url:
        monkeypatch.setattr(model_dialogs, "offered", lambda: (replace(offer, url=url),))
        ready.press(ui.downloadButton)
        assert not target(ui.cancelDownloadButton).isHidden() and not target(ui.downloadButton).isEnabled()
        ready.wait(lambda: any(part.stat().st_size for part in store.glob(".downloads/*.part")), what="a first part")
        if during_a_run:
            ready.start()
            assert not target(ui.importButton).isEnabled() and target(ui.cancelDownloadButton).isEnabled()
        ready.press(ui.cancelDownloadButton)
        ready.wait(lambda: target(ui.cancelDownloadButton).isHidden(), what="the download to stop")
    assert target(ui.downloadButton).isEnabled() is not during_a_run
    assert ui.needsLabel.text == shown and ready.slicer.displayed[-1][0] not in ("error", "info")
    assert titles(ready) == before and installed() == () and list(store.glob(".downloads/*"))
    if during_a_run:
        return
    asked: list[dict[str, str]] = []
    with serving(content, etag='"1"', asked=asked) as url:
        monkeypatch.setattr(model_dialogs, "offered", lambda: (replace(offer, url=url),))
        ready.press(ui.downloadButton)
        ready.wait(lambda: "random weights" in titles(ready), what="the download")
    assert asked[0]["range"].startswith("bytes=")
    assert installed() == ("untrained",) and not (store / ".downloads").exists()


def test_a_download_ends_with_the_panel(
    opened: OpenedModule, file: Path, monkeypatch: pytest.MonkeyPatch, store: Path
) -> None:
    from StrokeSegExtensionLib import model_dialogs

    content, over = file.read_bytes(), threading.Event()
    offer = OfferedModel("untrained", "random weights", "", hashlib.sha256(content).hexdigest(), len(content))

    def fetching(*arguments: Any) -> str:
        try:
            return fetch(*arguments, plain_loopback=True)
        finally:
            over.set()

    monkeypatch.setattr(model_dialogs, "fetch", fetching)
    opened.slicer.answers.append(True)
    with serving(content, "stalled") as url:
        monkeypatch.setattr(model_dialogs, "offered", lambda: (replace(offer, url=url),))
        opened.press(opened.ui.model.downloadButton)
        opened.close()
        assert over.wait(60)
    assert installed() == ()


def test_without_a_published_model_the_button_says_so(ready: OpenedModule) -> None:
    ready.press(ready.ui.model.downloadButton)
    assert ready.slicer.displayed[-1][0] == "info" and "installed from a file" in ready.slicer.displayed[-1][1]


def test_a_model_that_does_not_fit_is_grey_and_says_why(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene, {"T1": "t1_mprage"})
    opened.assigned("T1")
    item = target(opened.ui.model.modelBox).model().item(0)
    assert not item.isEnabled()
    assert "DWI" in opened.ui.model.needsLabel.text


def test_the_routes_of_ct_perfusion_take_the_models_place(opened: OpenedModule) -> None:
    opened.press(opened.ui.study.ctpButton)
    opened.rest()
    assert titles(opened)[0].startswith("Thresholds")
    assert "CBF" in opened.ui.model.needsLabel.text
