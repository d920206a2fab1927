"""Runs all cases in the real 3D Slicer, and exits with 0 only if at least one ran and none failed.

    Slicer --no-splash --testing --no-main-window --additional-module-paths "$PWD/StrokeSegExtension" \
        --python-script Testing/Slicer/run.py
    Slicer --no-splash --testing --additional-module-paths "$PWD/StrokeSegExtension" \
        --python-script Testing/Slicer/run.py

The second way, with a window, runs the cases of the views and of the Segment Editor's effects, too. Slicer's Python
must hold the packages that StrokeSeg needs (docs/slicer.md): nothing is installed under test. Lines go to standard
output and, with pictures of the panel and results.json, into the folder that $STROKESEG_TEST_OUTPUT names, if any;
$STROKESEG_TEST_CASES names the cases to run, by parts of their names with commas between; with "fails_on_purpose" the
exit code must be 1, else it says nothing.
"""

import sys
import traceback
from pathlib import Path

import qt
import slicer

# Under --testing Slicer would exit, with 0 whatever had failed, as soon as this script has returned.
slicer.app.commandOptions().runPythonAndExit = False

# Now: Slicer gives every script that it runs the same globals, this name among them.
HERE = str(Path(__file__).resolve().parent)


def main():
    status = slicer.util.EXIT_FAILURE
    try:
        if HERE not in sys.path:
            sys.path.append(HERE)
        from strokeseg_cases.suite import run_all

        if run_all():
            status = slicer.util.EXIT_SUCCESS
    except BaseException:  # an application that waits for a user who is not there would hang for ever
        traceback.print_exc()
    finally:
        slicer.util.exit(status)


# Not at once: the application is not up before its event loop runs.
qt.QTimer.singleShot(0, main)
