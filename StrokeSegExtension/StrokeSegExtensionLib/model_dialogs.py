"""Installing and removing models, each asked first; long work is done beside the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from StrokeSegLogic.base.errors import Cancelled, StrokeSegError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.nets.models.store import OfferedModel, fetch, install, offered, remove

from .background import Background
from .study import ModelChoice


class ModelDialogs:
    """What the three buttons under the list of models do.

    Args:
        changed: called when a model was installed or removed.
        say: shows how far long work is; "" when it is over.
    """

    def __init__(self, changed: Callable[[], None], say: Callable[[str], None], background: Background) -> None:
        self._changed, self._say, self._background = changed, say, background
        self._download: CancelToken | None = None

    @property
    def downloading(self) -> bool:
        """Whether a download runs."""
        return self._download is not None

    def cancel(self) -> None:
        """Stops the download that runs; what has come of it is kept, and the next download goes on from there."""
        if self._download is not None:
            self._download.cancel()

    def download(self) -> None:
        """Lists what is offered, asks, and fetches it."""
        offers = offered()
        if not offers:
            text = _(
                "No model is offered for download yet. Those that come with StrokeSeg are in the list; others can be "
                "installed from a file."
            )
            slicer.util.infoDisplay(text)
            return
        for offer in offers:
            question = _("Download {title} ({size:.0f} MB) from {url}? Its SHA-256 is checked.")
            if slicer.util.confirmOkCancelDisplay(
                question.format(title=offer.title, size=offer.size / 1e6, url=offer.url), _("Download")
            ):
                self._fetch(offer)
                return

    def import_file(self) -> None:
        """Installs a model from one file that the user names."""
        chosen = qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), _("Install a model"), "", "*.zip")
        if chosen:
            self._say(_("Checking the file"))
            self._background.run(lambda: install(Path(chosen)), self._installed, self._failed)

    def remove(self, choice: ModelChoice | None) -> None:
        """Deletes an installed model when the user agrees."""
        if choice is None or choice.bundled:
            return
        question = _("Delete {title} from this computer?").format(title=choice.title)
        if slicer.util.confirmOkCancelDisplay(question, _("Remove")):
            self._background.run(lambda: remove(choice.key), lambda _none: self._over(), self._failed)

    def _fetch(self, offer: OfferedModel) -> None:
        told: list[float] = [0.0]
        token = self._download = CancelToken()

        def tell(fraction: float, _message: str) -> None:
            told[0] = fraction

        def show() -> None:
            if token.cancelled:
                self._say(_("Stopping the download"))
                return
            self._say(_("Downloading {title}: {percent} %").format(title=offer.title, percent=round(100 * told[0])))

        def installed(name: str) -> None:
            self._download = None
            self._installed(name)

        def failed(error: StrokeSegError) -> None:
            self._download = None
            if isinstance(error, Cancelled):
                self._over()
            else:
                self._failed(error)

        show()
        self._background.run(lambda: fetch(offer, Progress(tell, token)), installed, failed, show)

    def _installed(self, name: str) -> None:
        self._over()
        slicer.util.infoDisplay(_("{name} is installed.").format(name=name))

    def _failed(self, error: StrokeSegError) -> None:
        self._over()
        slicer.util.errorDisplay(str(error))

    def _over(self) -> None:
        self._say("")
        self._changed()
