"""A reader's process is killed at any point: the records are whole, and nothing that was told to be saved is lost."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reviews import ANNA, BERND, desk

from StrokeSegLogic.batch.beginning import begin_review
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.review.verify import verify

Ask = Any
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Has a child of a process with everything loaded review until it is killed."""
    home = Path(__file__).parent
    path = os.pathsep.join([str(home), str(home.parent), str(home.parents[2])])
    process = subprocess.Popen(
        [sys.executable, str(home / "killed_reader.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert process.stdin is not None and process.stdout is not None

    def order(folder: Path, **values: Any) -> dict[str, Any]:
        process.stdin.write(json.dumps({"folder": str(folder), **values}) + "\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        return json.loads(process.stdout.readline())  # type: ignore[union-attr]

    yield order
    process.stdin.close()
    process.wait()


def killed(ask: Ask, review: ReviewFolder, **order: Any) -> int:
    """Kills a reader and looks at what is left; how many events there are."""
    done = ask(review.path, **order)
    assert done["code"] in (9, -9), "it was killed and ended by nothing else"
    found = verify(review.path)
    assert found.whole, found.findings
    chain = ReviewFolder.find(review.path).chain()
    for head in done["heads"]:
        number, sha256 = head.split()
        assert chain.events[int(number) - 1].sha256 == sha256, "what was told to be recorded is there"
    for reader in (ANNA, BERND):
        for entry in desk(review, reader).worklist():
            if entry.claim is not None and entry.claim.reader == reader.name:
                session = desk(review, reader).start(entry.name)
                if (draft := session.draft()) is not None:
                    assert session.draft_labels(draft).labels.any(), "a draft is whole"
    return len(chain.events)


def test_ten_kills_leave_whole_records(ask: Ask, review: ReviewFolder) -> None:
    chance = random.Random(0)
    counts = [killed(ask, review, seed=seed, changes=chance.randrange(1, 60)) for seed in range(10)]
    assert counts == sorted(counts) and counts[-1] > counts[0]


@pytest.mark.slow
def test_two_hundred_kills_leave_whole_records(ask: Ask, results: Path, tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text("case,result\n" + "".join(f"case{number},{results / 'case2'}\n" for number in range(40)))
    review = begin_review(tmp_path / "review", table)
    chance = random.Random(1)
    last = 0
    for seed in range(200):
        when = {"changes": chance.randrange(1, 90)} if seed % 2 else {"seconds": chance.uniform(0.0, 0.6)}
        count = killed(ask, review, seed=seed, **when)
        assert count >= last
        last = count
    assert last > 200
