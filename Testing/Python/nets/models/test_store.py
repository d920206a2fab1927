"""Installing models: from one file, from a server of our own on this machine, and away again."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from file_server import serving

from StrokeSegLogic.base.errors import Cancelled, InputError, ModelError, OutputError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.model_file import pack
from StrokeSegLogic.nets.models.registry import DEFAULT, bundled_names, find, names
from StrokeSegLogic.nets.models.store import OfferedModel, fetch, install, installed, offered, remove, store_folder


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STROKESEG_MODELS", str(tmp_path / "modèles 脳"))
    return store_folder()


@pytest.fixture
def file(untrained: Bundle, tmp_path: Path) -> Path:
    pack(untrained.folder, tmp_path / "untrained.zip")
    return tmp_path / "untrained.zip"


def leftovers(store: Path) -> list[str]:
    return sorted(path.name for path in store.iterdir()) if store.is_dir() else []


def test_a_model_comes_from_one_file_without_a_network_and_goes_again(
    file: Path, untrained: Bundle, store: Path
) -> None:
    assert install(file) == "untrained"
    assert installed() == ("untrained",)
    assert "untrained" in names()
    loaded, expected = find("untrained").load(), untrained.load()
    for member, parameters in expected.items():
        for name, value in parameters.items():
            np.testing.assert_array_equal(loaded[member][name], value)
    remove("untrained")
    assert leftovers(store) == []
    with pytest.raises(ModelError, match="no model is called 'untrained'"):
        find("untrained")


def test_the_same_model_gives_the_same_file(untrained: Bundle, tmp_path: Path, file: Path) -> None:
    pack(untrained.folder, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == file.read_bytes()


def test_installing_again_replaces_the_model_before(file: Path, store: Path) -> None:
    install(file)
    (store / "untrained" / "weights.safetensors").write_bytes(b"damaged")
    install(file)
    find("untrained").load()
    assert leftovers(store) == ["untrained"]


def changed(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(file) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file


def renamed(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(content: dict[str, bytes]) -> None:
        content["model.json"] = json.dumps({**json.loads(content["model.json"]), "name": name}).encode()

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.pop("model.json"), "does not hold"),
        (lambda c: c.pop("weights.safetensors"), "does not hold"),
        (lambda c: c.update({"run.py": b"print()"}), "does not hold"),
        (lambda c: c.update({"../evil.safetensors": c.pop("weights.safetensors")}), "does not hold"),
        (lambda c: c.update({"weights.safetensors": c["weights.safetensors"][:-1] + b"x"}), "not those"),
        (lambda c: c.update({"model.json": b"{"}), "manifest"),
        (renamed("../outside"), "other files"),
        (renamed(".hidden"), "other files"),
        (renamed(DEFAULT), "comes with StrokeSeg"),
    ],
    ids=["no manifest", "no weights", "a program", "a way out", "other weights", "no JSON", "name", "dot", "bundled"],
)
def test_a_file_that_is_not_exactly_a_model_is_refused_and_leaves_nothing(
    file: Path, store: Path, tmp_path: Path, change: Callable, words: str
) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(ModelError, match=words):
        install(changed(file, change))
    assert leftovers(store) == []
    assert {path.name for path in tmp_path.iterdir()} - before <= {store.name}


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes, store: Path) -> None:
    (tmp_path / "m.zip").write_bytes(content)
    with pytest.raises(ModelError, match=r"m\.zip"):
        install(tmp_path / "m.zip")
    assert leftovers(store) == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing\.zip: cannot be read"):
        install(tmp_path / "missing.zip")


def test_a_cut_file_is_refused(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(ModelError, match="damaged"):
        install(file)


def test_a_store_that_cannot_be_made_is_named(file: Path, store: Path) -> None:
    store.write_text("a file where the folder is to be")
    with pytest.raises(OutputError, match="cannot be installed"):
        install(file)


@pytest.mark.parametrize("name", [DEFAULT, "never heard of", "..", "../..", ""])
def test_what_was_not_installed_cannot_be_removed(name: str) -> None:
    with pytest.raises(ModelError, match="no model called"):
        remove(name)
    assert DEFAULT in bundled_names()


def test_a_model_with_other_weights_is_not_packed(untrained: Bundle, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    for path in untrained.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "weights.safetensors").write_bytes(b"other")
    with pytest.raises(ModelError, match="not those"):
        pack(folder, tmp_path / "damaged.zip")


def test_the_catalogue_can_be_read_without_a_network() -> None:
    for offer in offered():
        assert offer.url.startswith("https://")
        assert len(offer.sha256) == 64


# -- from a server


def offer_of(file: Path, url: str, sha256: str = "") -> OfferedModel:
    content = file.read_bytes()
    return OfferedModel("untrained", "Untrained", url, sha256 or hashlib.sha256(content).hexdigest(), len(content))


def test_a_download_tells_how_far_it_is_and_installs_what_was_published(file: Path, store: Path) -> None:
    told: list[float] = []
    with serving(file.read_bytes()) as url:
        assert (
            fetch(offer_of(file, url), Progress(lambda fraction, _stage: told.append(fraction)), plain_loopback=True)
            == "untrained"
        )
    assert told == sorted(told)
    assert told[-1] == 1.0
    find("untrained").load()
    assert leftovers(store) == ["untrained"]


def test_a_download_that_is_not_what_was_published_installs_nothing(file: Path, store: Path) -> None:
    with serving(file.read_bytes()) as url, pytest.raises(InputError, match="SHA-256"):
        fetch(offer_of(file, url, "0" * 64), Progress(), plain_loopback=True)
    assert leftovers(store) == []


def test_a_download_that_breaks_off_installs_nothing_and_goes_on_the_next_time(file: Path, store: Path) -> None:
    with serving(file.read_bytes(), "truncated") as url, pytest.raises(InputError, match="ended after|cannot be"):
        fetch(offer_of(file, url), Progress(), plain_loopback=True)
    assert installed() == ()
    assert leftovers(store) == [".downloads"]
    asked: list[dict[str, str]] = []
    with serving(file.read_bytes(), asked=asked) as url:
        fetch(offer_of(file, url), Progress(), plain_loopback=True)
    assert [request["range"] for request in asked] == [f"bytes={len(file.read_bytes()) // 2}-"]
    assert leftovers(store) == ["untrained"]


def test_a_download_can_be_stopped(file: Path, store: Path) -> None:
    token = CancelToken()
    progress = Progress(lambda _fraction, _stage: token.cancel(), token)
    with serving(file.read_bytes()) as url, pytest.raises(Cancelled):
        fetch(offer_of(file, url), progress, plain_loopback=True)
    assert installed() == ()


def test_what_was_published_and_is_no_model_is_not_kept(store: Path, tmp_path: Path) -> None:
    (tmp_path / "other.zip").write_bytes(b"another file" * 1000)
    with serving((tmp_path / "other.zip").read_bytes()) as url, pytest.raises(ModelError, match="no model file"):
        fetch(offer_of(tmp_path / "other.zip", url), Progress(), plain_loopback=True)
    assert leftovers(store) == []


def test_without_a_server_it_is_said_what_to_do(file: Path) -> None:
    with serving(b"") as url:
        pass
    with pytest.raises(InputError, match="Check the connection"):
        fetch(offer_of(file, url), Progress(), plain_loopback=True)
