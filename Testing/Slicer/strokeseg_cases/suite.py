"""Which cases there are, in their order, and what came of them."""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

import slicer

from .application import load_module

CASES = (
    *(
        "module",
        "generic",
        "mri",
        "editing",
        "lesions",
        "review",
        "review_perfusion",
        "proposing",
        "without_torch",
        "scene",
        "views",
        "small",
        "perfusion",
        "console",
        "runner",
    ),
    "reload",
)
"""Modules case_*.py; the last ends the module's life."""


def run_all() -> bool:
    """Whether any case ran and none failed."""
    output = output_folder()
    with (output / "log.txt").open("w", encoding="utf-8") as file:
        stream = _Stream(file)
        version = slicer.app.applicationVersion
        stream.write(f"Slicer {version}, Python {sys.version.split()[0]}, output in {output}\n")
        load_module()
        suite = unittest.TestSuite(cases())
        began = time.monotonic()
        result = unittest.TextTestRunner(stream=stream, verbosity=2, resultclass=_Result).run(suite)
        ran = result.testsRun - len(result.skipped)
        good = ran > 0 and result.wasSuccessful()
        words = "nothing ran" if ran == 0 else f"{ran} ran, {len(result.failures) + len(result.errors)} failed"
        stream.write(f"StrokeSeg in Slicer: {words}, {len(result.skipped)} skipped, {time.monotonic() - began:.0f} s\n")
    record = {"slicer": str(version), "good": good, "window": slicer.util.mainWindow() is not None}
    (output / "results.json").write_text(json.dumps({**record, "cases": result.words}, indent=1), encoding="utf-8")
    return good


def cases() -> list[unittest.TestCase]:
    """All cases, or those that $STROKESEG_TEST_CASES names, in their order."""
    wanted = [name for name in os.environ.get("STROKESEG_TEST_CASES", "").split(",") if name]
    modules = [importlib.import_module(f"{__package__}.case_{name}") for name in CASES]
    found = [case for module in modules for case in _cases(unittest.defaultTestLoader.loadTestsFromModule(module))]
    return [case for case in found if not wanted or any(part in case.id() for part in wanted)]


def output_folder() -> Path:
    """Where log, results and pictures go."""
    folder = Path(os.environ.get("STROKESEG_TEST_OUTPUT") or Path(tempfile.gettempdir()) / "strokeseg-slicer-tests")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _cases(suite: unittest.TestSuite) -> list[unittest.TestCase]:
    found: list[unittest.TestCase] = []
    for test in suite:
        # A class without tests, as the base is, stands there as its inherited runTest.
        if isinstance(test, unittest.TestSuite):
            found += _cases(test)
        elif not test.id().endswith(".runTest"):
            found.append(test)
    return found


class _Stream:
    """Standard output, which Slicer has put into other hands, and a file that nobody reopens."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, text: str) -> None:
        sys.stdout.write(text)
        self._file.write(text)

    def flush(self) -> None:
        self._file.flush()


class _Result(unittest.TextTestResult):
    """Keeps one word for every case.

    Attributes:
        words: by the case's name.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.words: dict[str, str] = {}

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.words[test.id()] = "passed"

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self.words[test.id()] = f"failed: {err[1]}"

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self.words[test.id()] = f"error: {err[1]}"

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self.words[test.id()] = f"skipped: {reason}"
