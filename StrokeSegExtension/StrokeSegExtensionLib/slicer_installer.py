"""Installing packages in Slicer: PyTorchUtils for torch, slicer.packaging or its forerunner for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from StrokeSegLogic.base.errors import StrokeSegError

from .packages import TORCH, Requirement


class SlicerInstaller:
    """`packages.Installer`."""

    def may_install(self) -> bool:
        """Not under test: questions are answered by themselves there."""
        return not slicer.app.testingEnabled()

    def ask(self, missing: Sequence[Requirement]) -> bool:
        text = _(
            "StrokeSeg needs {count} Python packages that are not installed yet. They are downloaded from the Python "
            "Package Index and added to Slicer's Python; nothing of Slicer's own is replaced, and nothing is uploaded."
        ).format(count=len(missing))
        if TORCH in missing:
            text += "\n\n" + _("PyTorch is among them: 0.2 GB, with support for an NVIDIA GPU 3 GB. It takes minutes.")
        text += "\n\n" + _("Install them?")
        return bool(
            slicer.util.confirmOkCancelDisplay(
                text, _("Install packages for StrokeSeg"), detailedText="\n".join(map(str, missing))
            )
        )

    def install(self, requirements: Sequence[str], constraints: Path) -> None:
        try:
            from slicer.packaging import pip_ensure
        except ImportError:
            # Slicer before 5.12.
            slicer.util.pip_install([*requirements, "-c", str(constraints)])
            return
        pip_ensure(list(requirements), constraints=constraints, prompt_install=False, requester="StrokeSeg")

    def install_torch(self, requirement: str) -> None:
        try:
            from PyTorchUtils import PyTorchUtilsLogic
        except ImportError as error:
            raise StrokeSegError(
                "the extension PyTorch is not installed, which finds the right PyTorch for this computer",
                fix="Install it with the Extensions Manager, restart Slicer, and press Segment again",
            ) from error
        if PyTorchUtilsLogic().installTorch(askConfirmation=False, torchVersionRequirement=requirement) is None:
            raise StrokeSegError("PyTorch was not installed", fix="See the module PyTorch Utils")
