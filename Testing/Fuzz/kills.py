"""Kills of `strokeseg segment` and `strokeseg train`, spread over all their stages: python -m Fuzz.kills segment|train.

After each kill, what was there before or what is new must be whole, and nobody's file touched; after one more run the
result must be that of a run which nobody killed, and nothing else must be left.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from . import forked
from .forked import Ended, Kill
from .scenarios import Scenario, SegmentScenario, TrainScenario

SCENARIOS: dict[str, type[Scenario]] = {"segment": SegmentScenario, "train": TrainScenario}
_FRESH = 0.1
"""Part of the kills that are at a moment by the clock, in a process that begins with the interpreter."""


def plan(whole: Ended, fresh_s: float, count: int, seed: int) -> Iterator[Kill]:
    """Moments spread evenly over a run, in an order by chance, so that a part of them is spread evenly, too.

    Args:
        whole: a run that nobody killed.
        fresh_s: seconds that it takes with the interpreter's start.
        count: how many.
    """
    moments = round(count * _FRESH)
    calls = (count - moments) * 3 // 5
    steps = count - moments - calls
    kills = [Kill("moment", float(s)) for s in np.linspace(0.05, 1.0, moments) * fresh_s]
    kills += [Kill("call", int(n)) for n in np.linspace(0, max(whole.calls - 1, 0), calls).round()]
    kills += [Kill("step", int(n)) for n in np.linspace(0, max(whole.steps - 1, 0), steps).round()]
    return (kills[int(place)] for place in np.random.default_rng(seed).permutation(len(kills)))


def attack(scenario: Scenario, work: Path, count: int, seed: int, until: float) -> Counter[str]:
    """Kills and what was found, by its words; "" counts the kills after which all was well."""
    whole = scenario.prepare(work / "whole")
    fresh = forked.run(scenario.words, scenario.begin(work / "fresh", 0), Kill("moment", 600))
    found: Counter[str] = Counter()
    for number, kill in enumerate(plan(whole, fresh.seconds, count, seed)):
        if time.monotonic() > until:
            break
        place = work / "killed"
        shutil.rmtree(place, ignore_errors=True)
        home = scenario.begin(place, number)
        ended = forked.run(scenario.words, home, kill)
        faults = [f"after the kill: {fault}" for fault in scenario.after_kill(home, number)]
        if number % 3 == 0 and (words := scenario.refused()):
            forked.run(words, home, Kill())
            faults += [f"after a refused run: {fault}" for fault in scenario.after_refused(home, number)]
        again = forked.run(scenario.words, home, Kill())
        if again.code:
            faults.append(f"the next run ends with {again.code}")
        faults += [f"after the next run: {fault}" for fault in scenario.after_next(home, number)]
        for fault in faults:
            said = f" ({again.said.strip()[-300:]})" if again.code else ""
            print(f"{scenario.name} {number}, killed at {kill}, ended {ended.code}: {fault}{said}", flush=True)
        found.update(set(faults) or {""})
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the kills; 1 where anything was lost, half, or left behind."""
    parser = argparse.ArgumentParser(prog="python -m Fuzz.kills", description=__doc__)
    parser.add_argument("command", choices=tuple(SCENARIOS))
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3600, help="after which nobody is killed any more")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    forked.import_product()
    until = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory(prefix="strokeseg-kills-") as work:
        found = attack(SCENARIOS[options.command](), Path(work), options.kills, options.seed, until)
    well = found.pop("", 0)
    print(f"{options.command}: {well} kills after which all was well")
    for fault, count in found.most_common():
        print(f"{count} times: {fault}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
