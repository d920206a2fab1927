"""What the worker needs beside Slicer's own packages, and asking before it is installed."""

from __future__ import annotations

import importlib
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from subprocess import CalledProcessError
from typing import Protocol

from StrokeSegLogic.base.errors import StrokeSegError

from .words import tr as _


@dataclass(frozen=True)
class Requirement:
    """A package and the least version of it."""

    name: str
    least: str

    def __str__(self) -> str:
        return f"{self.name}>={self.least}"

    def met_by(self, found: str | None) -> bool:
        return found is not None and _numbers(found) >= _numbers(self.least)


NEEDED = (
    Requirement("Jinja2", "3.1"),
    Requirement("nibabel", "5.2"),
    Requirement("Pillow", "10.1"),
    Requirement("safetensors", "0.4.3"),
    Requirement("scipy", "1.11"),
)
"""Pillow and scipy are part of today's Slicer, Jinja2 comes with torch: then nothing is installed for them."""
TORCH = Requirement("torch", "2.5")
BUNDLED = (Requirement("numpy", "1.26"), Requirement("SimpleITK", "2.4"))
"""Part of Slicer: held as they are whatever is installed."""

Version = Callable[[str], str | None]


class Installer(Protocol):
    """How packages are installed here."""

    def may_install(self) -> bool:
        """Whether anything may be installed at all: not while an application is tested."""

    def ask(self, missing: Sequence[Requirement]) -> bool:
        """Whether the user agrees."""

    def install(self, requirements: Sequence[str], constraints: Path) -> None:
        """Installs packages, under the versions that a file of constraints names.

        Raises:
            CalledProcessError, RuntimeError, OSError: if that fails.
        """

    def install_torch(self, requirement: str) -> None:
        """Installs the torch that fits this computer.

        Args:
            requirement: of its version, as ">=2.5".

        Raises:
            StrokeSegError: if it cannot be done from here.
            CalledProcessError, RuntimeError, OSError: if it fails.
        """


def installed_version(name: str) -> str | None:
    """The version that is installed; the package is not imported, for torch does not belong into Slicer's process."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


class RequiredPackages:
    """`protocols.Packages`.

    Args:
        installer: installs.
        version: of a package, None if it is not installed.
    """

    def __init__(self, installer: Installer, version: Version = installed_version) -> None:
        self._installer, self._version = installer, version

    @property
    def missing(self) -> tuple[Requirement, ...]:
        """What has to be installed."""
        return tuple(package for package in (*NEEDED, TORCH) if not package.met_by(self._version(package.name)))

    def require(self) -> None:
        """See `protocols.Packages`."""
        self._require_bundled()
        missing = self.missing
        if not missing:
            return
        named = ", ".join(map(str, missing))
        if not self._installer.may_install():
            fix = _("Install them before the test; see docs/slicer.md")
            raise StrokeSegError(_("not installed: {packages}").format(packages=named), fix=fix)
        if not self._installer.ask(missing):
            fix = _("Press Segment again and agree, or {offline}").format(offline=offline(missing))
            raise StrokeSegError(_("not installed: {packages}").format(packages=named), fix=fix)
        try:
            self._install(missing)
        except (CalledProcessError, RuntimeError, OSError) as error:
            fix = _("Check the connection and the proxy, or without a network {offline}")
            raise StrokeSegError(
                _("could not be installed: {packages} ({error})").format(packages=named, error=error),
                fix=fix.format(offline=offline(missing)),
            ) from error
        importlib.invalidate_caches()
        left = self.missing
        if left:
            names = ", ".join(map(str, left))
            fix = _("Restart Slicer, and see its Python console")
            raise StrokeSegError(_("still not installed: {packages}").format(packages=names), fix=fix)

    def _install(self, missing: Sequence[Requirement]) -> None:
        plain = [str(package) for package in missing if package is not TORCH]
        if plain:
            with tempfile.TemporaryDirectory(prefix="strokeseg-pip-") as folder:
                constraints = Path(folder) / "constraints.txt"
                held = [f"{package.name}=={self._version(package.name)}" for package in BUNDLED]
                constraints.write_text("\n".join(held) + "\n", encoding="ascii")
                self._installer.install(plain, constraints)
        if TORCH in missing:
            self._installer.install_torch(f">={TORCH.least}")

    def _require_bundled(self) -> None:
        for package in BUNDLED:
            found = self._version(package.name)
            if not package.met_by(found):
                what = _("this Slicer has {package} {found}, StrokeSeg needs {least}")
                raise StrokeSegError(
                    what.format(package=package.name, found=found or _("(none)"), least=package.least),
                    fix=_("Use Slicer 5.10 or newer; its own packages are never replaced"),
                )


def offline(missing: Sequence[Requirement]) -> str:
    """How packages come to a computer without a network, as the end of a sentence."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    named = " ".join(f'"{package}"' for package in missing)
    inside = " ".join(package.name for package in missing)
    words = _(
        "bring them here as files: on a like computer with Python {python} run  pip download -d FOLDER {packages}  and "
        "here, in Slicer's Python console,  {command}"
    )
    command = f'slicer.util.pip_install("--no-index --find-links FOLDER {inside}")'
    return words.format(python=python, packages=named, command=command)


def _numbers(text: str) -> tuple[int, ...]:
    """A version's leading numbers: 2.5.1+cu121 is 2, 5, 1."""
    found = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(number) for number in found[0].split(".")) if found else ()
