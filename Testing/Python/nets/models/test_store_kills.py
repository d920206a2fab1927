"""Two processes on one store, and processes that were killed in it: what they left is found by the next, by locks."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nets.models.small_models import small_model
from safetensors.torch import load as parsed
from safetensors.torch import save

from StrokeSegLogic.base.errors import ModelError
from StrokeSegLogic.base.locks import exclusive
from StrokeSegLogic.nets.models import model_file
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.model_file import pack
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.nets.models.store import install, installed, remove, store_folder

FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STROKESEG_MODELS", str(tmp_path / "store"))
    return store_folder()


@pytest.fixture
def small(tmp_path: Path) -> Bundle:
    return small_model(tmp_path / "small")


@pytest.fixture
def file(small: Bundle, tmp_path: Path) -> Path:
    pack(small.folder, tmp_path / "model.zip")
    return tmp_path / "model.zip"


@pytest.fixture
def harmed(small: Bundle, tmp_path: Path) -> Path:
    """The same model with weights that have the right hash and do not load."""
    tensors = parsed((small.folder / "weights.safetensors").read_bytes())
    del tensors["network.head.bias"]
    content = save(tensors)
    manifest = json.loads((small.folder / "model.json").read_text(encoding="utf-8"))
    manifest["weights"]["sha256"] = hashlib.sha256(content).hexdigest()
    with zipfile.ZipFile(tmp_path / "harmed.zip", "w") as archive:
        archive.writestr("model.json", json.dumps(manifest))
        archive.writestr("weights.safetensors", content)
    return tmp_path / "harmed.zip"


def lying(store: Path) -> list[str]:
    return sorted(path.name for path in store.iterdir())


def test_a_file_with_the_right_hash_that_does_not_load_never_replaces_a_model(
    file: Path, harmed: Path, store: Path
) -> None:
    install(file)
    before = (store / "small" / "weights.safetensors").read_bytes()
    with pytest.raises(ModelError, match=r"harmed\.zip: the weights do not fit the network \(there is no network"):
        install(harmed)
    assert (store / "small" / "weights.safetensors").read_bytes() == before
    assert lying(store) == ["small"]


def killed(work: Callable[[], object], step: int) -> bool:
    """Whether a process that does that work was killed before the given step of it; else it came to its end."""

    def run() -> None:
        left = step

        def counted(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **named: Any) -> Any:
                nonlocal left
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
                return function(*arguments, **named)

            return call

        for place, name in ((Path, "rename"), (Path, "mkdir"), (os, "unlink"), (os, "rmdir"), (model_file, "_copy")):
            setattr(place, name, counted(getattr(place, name)))
        work()

    process = FORK.Process(target=run)
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def test_whenever_an_installation_is_killed_the_model_before_or_the_new_model_is_there(file: Path, store: Path) -> None:
    install(file)
    step = 0
    while killed(lambda: install(file), step):
        assert installed() == ("small",)
        find("small").load()
        assert [name for name in lying(store) if name != ".lock"] == ["small"]
        step += 1
    assert step > 8


def test_whenever_a_removal_is_killed_the_whole_model_is_there_or_none_of_it(file: Path, store: Path) -> None:
    step, gone = 0, False
    install(file)
    while killed(lambda: remove("small"), step):
        if installed():
            assert not gone
            find("small").load()
        else:
            gone = True
        assert [name for name in lying(store) if name != ".lock"] == list(installed())
        if gone:
            install(file)
            gone = False
        step += 1
    assert step > 2 and installed() == ()


def test_what_a_live_installation_does_is_not_touched_and_the_second_is_told(file: Path, store: Path) -> None:
    install(file)
    work = store / ".install-live" / "old"
    work.mkdir(parents=True)
    with exclusive(store / ".lock"):
        assert installed() == ("small",)
        for change in (lambda: install(file), lambda: remove("small")):
            with pytest.raises(ModelError, match="another StrokeSeg is just installing or removing a model"):
                change()
        assert work.is_dir()
    assert installed() == ("small",)
    assert not work.exists()


def test_what_only_looks_like_work_is_removed_and_what_it_leads_to_is_not(
    file: Path, store: Path, tmp_path: Path
) -> None:
    install(file)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "kept").write_text("x", encoding="utf-8")
    (store / ".install-link").symlink_to(tmp_path / "own")
    (store / ".install-file").write_text("x", encoding="utf-8")
    assert installed() == ("small",)
    assert lying(store) == ["small"]
    assert (tmp_path / "own" / "kept").is_file()
