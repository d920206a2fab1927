"""A process that writes results in children of its own, each of which dies before the change that it is told.

Forked here, where only the package's base is loaded, a child costs a hundredth of what a fork of the tests' process
costs, in which torch is. Reads orders, a JSON line each, and answers with the exit code of the child, a line each.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

from StrokeSegLogic.base.recorded_files import write_recorded

CHANGES = ("os.link", "os.rename", "os.remove", "os.rmdir", "os.mkdir")
KILLED = 9


def write(folder: Path, words: str, last: int, overwrite: bool) -> None:
    """Three files and a record; ends the process before its change number `last` of the file system."""
    changes = 0

    def count(event: str, arguments: object) -> None:
        nonlocal changes
        changes += event in CHANGES
        if changes == last and event in CHANGES:
            os._exit(KILLED)

    sys.addaudithook(count)
    names = ("a", "cases/b", words)
    files = {name: lambda path, name=name: path.write_text(words + name) for name in names}
    write_recorded(folder, files, "record.json", {"words": words}, overwrite=overwrite)


def main() -> None:
    # What a killed process wrote is there for the next, on the disk or not yet.
    os.fsync = lambda _: None
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            try:
                write(Path(order["folder"]), order["words"], order["last"], order["overwrite"])
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
