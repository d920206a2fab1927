"""The attack: python -m Fuzz [--inputs N] [--seconds S]; see docs/reliability.md."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .catalogue import PARSERS, parser_of
from .driver import Result, Target, attacked, keep, made
from .outcomes import GOOD, MEANING, Outcome, table

_KEPT_OF_A_KIND = 3


class Attack:
    """Inputs by number, taken by threads with a target each.

    Args:
        options: of the command line.
        work: folder for the inputs' homes.
    """

    def __init__(self, options: argparse.Namespace, work: Path) -> None:
        self._options = options
        self._work = work
        self._numbers = iter(range(options.start, options.start + options.inputs))
        self._lock = threading.Lock()
        self._until = time.monotonic() + options.seconds
        self._kept: Counter[tuple[str, str, Outcome]] = Counter()
        self.counts: Counter[tuple[str, Outcome]] = Counter()
        self.next = options.start
        self.faults: list[BaseException] = []

    def run(self) -> None:
        threads = [threading.Thread(target=self._thread, args=(slot,)) for slot in range(self._options.processes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _thread(self, slot: int) -> None:
        try:
            with Target(self._options.findings / f"target-{slot}.log", self._options.patience) as target:
                while (number := self._number()) is not None:
                    self._attack(target, number, self._work / str(slot))
        except BaseException as error:
            self.faults.append(error)

    def _number(self) -> int | None:
        with self._lock:
            if time.monotonic() > self._until or self.faults:
                return None
            number = next(self._numbers, None)
            self.next = self.next if number is None else number + 1
            return number

    def _attack(self, target: Target, number: int, place: Path) -> None:
        parser = parser_of(self._options.seed, number, tuple(self._options.parsers))
        home, fuzz_input = made(PARSERS[parser][0], parser, self._options.seed, number, place)
        result = Result(number, parser, fuzz_input, attacked(target, home, fuzz_input))
        outcome = result.answer.outcome
        with self._lock:
            self.counts[parser, outcome] += 1
            if self._options.all:
                _say(f"{number} {parser}: {fuzz_input.kind}: {outcome}: {result.answer.words[:400]}")
            if outcome not in GOOD:
                self._kept[parser, fuzz_input.kind, outcome] += 1
                if self._kept[parser, fuzz_input.kind, outcome] <= _KEPT_OF_A_KIND:
                    keep(result, home, self._options.findings)
                    if not self._options.all:
                        _say(f"{number} {parser}: {fuzz_input.kind}: {outcome}: {result.answer.words[:400]}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the attack; 1 where an input ended in anything but an answer or a clear error."""
    options = _options(arguments)
    options.findings.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="strokeseg-fuzz-") as work:
        attack = Attack(options, Path(work))
        attack.run()
    if attack.faults:
        raise attack.faults[0]
    print(table(attack.counts))
    bad = {outcome: sum(n for (_, seen), n in attack.counts.items() if seen is outcome) for outcome in Outcome}
    for outcome, count in bad.items():
        if count and outcome not in GOOD:
            print(f"{outcome}: {MEANING[outcome]}")
    total = sum(attack.counts.values())
    print(f"{total} inputs of seed {options.seed}, numbers {options.start} to {attack.next - 1}, ", end="")
    print(f"{time.monotonic() - began:.0f} s; findings in {options.findings}; go on with --start {attack.next}")
    told = [{"parser": p, "outcome": o.value, "count": n} for (p, o), n in sorted(attack.counts.items())]
    (options.findings / "counts.json").write_text(json.dumps(told, indent=1), encoding="ascii")
    return int(any(count for outcome, count in bad.items() if outcome not in GOOD))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many at most")
    parser.add_argument("--seconds", type=float, default=600, help="after which no further input is made")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--start", type=int, default=0, help="number of the first input: goes on, or makes an input again"
    )
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--patience", type=float, default=20, help="seconds after which an input hangs")
    parser.add_argument("--findings", type=Path, default=Path("build/fuzz"), help="folder for what went wrong")
    parser.add_argument("--parsers", nargs="+", default=tuple(PARSERS), choices=tuple(PARSERS), metavar="PARSER")
    parser.add_argument("--all", action="store_true", help="say every input")
    return parser.parse_args(arguments)


def _say(words: str) -> None:
    print(words.encode("ascii", "backslashreplace").decode().replace("\n", "\\n"), flush=True)


if __name__ == "__main__":
    sys.exit(main())
