from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from subprocess import CalledProcessError

import pytest
from StrokeSegExtensionLib.packages import BUNDLED, NEEDED, TORCH, RequiredPackages, Requirement, installed_version

from StrokeSegLogic.base.errors import StrokeSegError

SLICERS = {"numpy": "2.4.6", "SimpleITK": "2.5.0", "scipy": "1.17.1", "Pillow": "11.3.0", "Jinja2": "3.1.6"}
ALL = {**SLICERS, "nibabel": "5.3.2", "safetensors": "0.5.0", "torch": "2.6.0+cu124"}


class FakeInstaller:
    """Installs by writing it down."""

    def __init__(self, there: dict[str, str], agrees: bool = True, testing: bool = False) -> None:
        self.there, self.agrees, self.testing = dict(there), agrees, testing
        self.asked: list[list[str]] = []
        self.constraints = ""
        self.breaks: Exception | None = None
        self.does = True

    def may_install(self) -> bool:
        return not self.testing

    def ask(self, missing: Sequence[Requirement]) -> bool:
        self.asked.append([package.name for package in missing])
        return self.agrees

    def install(self, requirements: Sequence[str], constraints: Path) -> None:
        self.constraints = constraints.read_text()
        self._install(*requirements)

    def install_torch(self, requirement: str) -> None:
        self._install(f"torch{requirement}")

    def _install(self, *requirements: str) -> None:
        if self.breaks is not None:
            raise self.breaks
        if self.does:
            self.there |= dict(requirement.split(">=") for requirement in requirements)

    @property
    def packages(self) -> RequiredPackages:
        return RequiredPackages(self, self.there.get)


def test_nothing_is_asked_where_all_is_there() -> None:
    installer = FakeInstaller(ALL)
    installer.packages.require()
    assert installer.asked == []


def test_what_is_missing_or_too_old_is_asked_for_once_and_installed() -> None:
    installer = FakeInstaller({**SLICERS, "nibabel": "5.1.9"})
    installer.packages.require()
    assert installer.asked == [["nibabel", "safetensors", "torch"]]
    assert installer.packages.missing == ()


def test_slicers_own_packages_are_held_as_they_are() -> None:
    installer = FakeInstaller(SLICERS)
    installer.packages.require()
    assert installer.constraints.splitlines() == ["numpy==2.4.6", "SimpleITK==2.5.0"]


@pytest.mark.parametrize("old", [{"numpy": "1.20.1"}, {"SimpleITK": "2.2"}])
def test_a_slicer_that_is_too_old_is_said_to_be_and_left_alone(old: dict[str, str]) -> None:
    installer = FakeInstaller({**ALL, **old})
    with pytest.raises(StrokeSegError, match="never replaced"):
        installer.packages.require()
    assert installer.asked == []


def test_a_user_who_does_not_agree_is_told_how_to_do_it_by_hand() -> None:
    installer = FakeInstaller({**SLICERS, "torch": "2.6"}, agrees=False)
    with pytest.raises(StrokeSegError, match="pip download") as caught:
        installer.packages.require()
    words = str(caught.value)
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in words
    assert "--no-index --find-links FOLDER nibabel safetensors" in words
    assert "torch" not in words
    assert installer.there == {**SLICERS, "torch": "2.6"}


@pytest.mark.parametrize("error", [CalledProcessError(1, "pip"), RuntimeError("declined"), OSError("no network")])
def test_without_a_network_it_is_said_how_the_files_come_here(error: Exception) -> None:
    installer = FakeInstaller(SLICERS)
    installer.breaks = error
    with pytest.raises(StrokeSegError, match="without a network bring them here as files"):
        installer.packages.require()


def test_a_pip_that_says_yes_and_does_nothing_is_noticed() -> None:
    installer = FakeInstaller(SLICERS)
    installer.does = False
    with pytest.raises(StrokeSegError, match="still not installed: nibabel"):
        installer.packages.require()


def test_under_test_nothing_is_installed() -> None:
    installer = FakeInstaller(SLICERS, testing=True)
    with pytest.raises(StrokeSegError, match="not installed: nibabel>=5.2"):
        installer.packages.require()
    assert installer.asked == []


@pytest.mark.parametrize(
    ("found", "met"), [("2.5", True), ("2.5.0", True), ("2.10", True), ("2.4.9", False), ("3", True), (None, False)]
)
def test_versions_are_compared_by_their_numbers(found: str | None, met: bool) -> None:
    assert Requirement("x", "2.5").met_by(found) is met


def test_what_is_asked_for_is_what_the_package_itself_asks_for() -> None:
    text = (Path(__file__).resolve().parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    for package in (*NEEDED, TORCH, *BUNDLED):
        assert f'"{package}"' in text


def test_a_version_is_read_without_importing_the_package() -> None:
    assert installed_version("numpy") == version("numpy")
    assert installed_version("no-such-package") is None
