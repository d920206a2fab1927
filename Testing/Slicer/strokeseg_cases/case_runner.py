"""Whether a failure reaches the exit code: a case that fails on purpose, when it is named and never else."""

from __future__ import annotations

import os

from .base import SlicerCase


class RunnerCase(SlicerCase):
    def test_fails_on_purpose(self) -> None:
        if "fails_on_purpose" not in os.environ.get("STROKESEG_TEST_CASES", ""):
            self.skipTest("runs where $STROKESEG_TEST_CASES names it")
        self.fail("on purpose: run.py must exit with a code that is not 0")
