"""A process whose children review, each until it is killed: before a change of the file system, or within a line.

Forked here, where everything is loaded, a child costs little. Reads orders, a JSON line each: the review's folder, a
seed, and after how many changes the child dies; or, with "seconds", when this process kills it. Answers with the count
and last hash of the events that the child was told to be recorded.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from reviews import ANNA, BERND, GRID, desk

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.review.reading import Session
from StrokeSegLogic.slicer_bridge.runtime import load_slicer

CHANGES = ("open", "os.link", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate")
KILLED = 9


def review(folder: Path, seed: int, told: int) -> None:
    """Does whatever a reader can do, in an order of chance, for ever; tells the head of the records after each."""
    chance = random.Random(seed)
    while True:
        reader = chance.choice((ANNA, BERND))
        place = desk(ReviewFolder.find(folder), reader)
        try:
            act(chance, place.start(chance.choice(place.worklist()).name, take_over=True))
            if chance.random() < 0.2:
                # Of many at once, as a share of all cases is asked for.
                names = [entry.name for entry in place.worklist()]
                place.want_second(chance.sample(names, chance.randrange(1, len(names) + 1)), chance.random() < 0.7)
        except InputError:
            # Chance chose what this reader may not do; a remark they may always make.
            place.comment(chance.choice(place.worklist()).name, "noch einmal ansehen")
        chain = place.folder.chain()
        os.write(told, f"{len(chain.events)} {chain.last_sha256}\n".encode())


def act(chance: random.Random, session: Session) -> None:
    labels = GRID.image(np.random.default_rng(chance.randrange(2**32)).integers(0, 2, GRID.shape, np.uint8))
    kind = chance.choice(("save", "save", "keep", "accept", "reject", "leave"))
    if kind == "save":
        session.save(labels, "ein Ödem")
    elif kind == "keep":
        session.keep(lambda: labels, now=True)
    elif kind == "accept":
        session.accept()
    elif kind == "reject":
        session.reject("haemorrhage")
    else:
        session.leave()


def dies(order: dict[str, Any]) -> None:
    """From now on this process ends before its change of that number; of a line that is written a part stays then."""
    changes, last, chance = 0, order["changes"], random.Random(order["seed"])
    write = os.write

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal changes
        if event in CHANGES and (event != "open" or (isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE)):
            changes += 1
            if changes >= last:
                os._exit(KILLED)

    def half(descriptor: int, content: Any) -> int:
        if changes + 1 >= last and len(content) > 100:
            write(descriptor, content[: chance.randrange(len(content))])
            os._exit(KILLED)
        return write(descriptor, content)

    sys.addaudithook(count)
    os.write = half  # type: ignore[assignment]


def main() -> None:
    # What a killed process wrote is there for the next, on the disk or not yet.
    os.fsync = lambda _: None
    load_slicer()
    for line in sys.stdin:
        order = json.loads(line)
        heard, told = os.pipe()
        child = os.fork()
        if not child:
            try:
                if "changes" in order:
                    dies(order)
                review(Path(order["folder"]), order["seed"], told)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        os.close(told)
        if "seconds" in order:
            time.sleep(order["seconds"])
            os.kill(child, signal.SIGKILL)
        said = b""
        while part := os.read(heard, 1 << 16):
            said += part
        os.close(heard)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"code": code, "heads": said.decode().splitlines()}), flush=True)


if __name__ == "__main__":
    main()
