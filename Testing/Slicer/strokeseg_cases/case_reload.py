"""The end of the module's life; the last case of all, for others would find its classes made anew."""

from __future__ import annotations

import sys

from .application import alive, rest, wait_until
from .base import SlicerCase
from .studies import load_mri


class ReloadCase(SlicerCase):
    def test_reloading_the_module_ends_its_worker_and_leaves_nothing(self) -> None:
        self.assigned(load_mri(self.folder))
        self.parameters.device = "cpu"
        self.press("segmentButton")
        wait_until(lambda: self.panel.presenter.runner.worker_pid is not None, "the worker")
        worker, session = self.panel.presenter.runner.worker_pid, self.panel.presenter.runner.session
        self.widget.onReload()
        rest(1.0)
        if sys.platform != "win32":
            self.assertFalse(alive(worker), "the worker lives on")
        self.assertFalse(session.exists(), "files stay behind")
        self.assertIsNone(self.widget.panel, "the old widget has let go")
