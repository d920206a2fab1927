"""Five-fold cross-validation on the ISLES'22 slices, by patient, from a run of `mri-compact`.

    strokeseg train mri-compact --data DATA --pretrained mobilenet_v2.npz --output RUN
    python benchmarks/five_folds.py --data DATA --run RUN --output FOLDER [--only DWI] [--folds 0 1]

Five whole trainings would take a day on two cores. The recipe's first stage never sees an ISLES'22 slice, so each fold
goes on from RUN's first stage: axial slices, pixels of 1 mm, the other four folds' slices among the recipe's sources
(or, with --only, that sequence alone: a specialist that began where all begin). This is shorter than the recipe's later
stages, and has the loss of the first: it says what the method can do; the bundled weights have seen every slice.

Patients whose whole volumes the first stage was trained on are in every fold's training and are never scored. Each
fold's threshold is the best on the held-out slices of the other four. Called again it goes on where it stopped.
With --folds only these are trained and counted, so that a specialist can be set beside the model of all on the same
patients in less time.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from slices import interval

from StrokeSegLogic.base.settings import from_mapping
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training import checkpoint
from StrokeSegLogic.training.devices import Hardware, launch
from StrokeSegLogic.training.run_context import RunContext
from StrokeSegLogic.training.run_folder import claim
from StrokeSegLogic.training.stream.recipe import FOLDS, StageSpec, StreamRecipe
from StrokeSegLogic.training.stream.sources.build import build_sources
from StrokeSegLogic.training.stream.stages import Stages
from StrokeSegLogic.training.stream.train import validate
from StrokeSegLogic.training.stream.validation import ISLES22_MIXTURES, Pairs, best_threshold, isles22_sets, measured

STAGE = StageSpec(steps=400, rate=5e-4, mixed=0.3, some=0.6, shares={"isles22_slices": 0.45})


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--run", type=Path, required=True)
    arguments.add_argument("--output", type=Path, required=True)
    arguments.add_argument("--only", choices=("DWI", "FLAIR"))
    arguments.add_argument("--folds", type=int, nargs="+", choices=range(FOLDS), default=list(range(FOLDS)))
    given = arguments.parse_args()
    recipe = from_mapping(StreamRecipe, json.loads((given.run / "recipe.json").read_text(encoding="utf-8")), given.run)
    if recipe.shared[0].shares.get("isles22_slices") != 0:
        raise SystemExit("the run's first stage was trained on the ISLES'22 slices: no fold is held out from it")
    if given.only:
        # Only slices that have this sequence, or can have it simulated.
        lacking = {} if given.only == "DWI" else {"dwi_carriers": 0.0}
        recipe = replace(recipe, only=(given.only,), plane=replace(STAGE, shares={**STAGE.shares, **lacking}))
    else:
        recipe = replace(recipe, plane=STAGE)
    if len(set(given.folds)) < 2:
        raise SystemExit("a fold's threshold is chosen on the others: at least two are needed")
    for fold in given.folds:
        train(replace(recipe, held_out=fold), given.data, given.run, given.output / f"fold-{fold}")
    mixtures = [roles for roles in ISLES22_MIXTURES if not given.only or roles == (Role(given.only),)]
    report([given.output / f"fold-{fold}" / "seen.npz" for fold in given.folds], mixtures)


def train(recipe: StreamRecipe, data: Path, run: Path, output: Path) -> None:
    """One fold: its network and what that says of the slices held out, kept in `output`."""
    done = output / "seen.npz"
    # Refuses a folder with what another recipe's fold has said.
    claim(output, recipe)
    if done.is_file():
        return
    context = RunContext(output, hardware=Hardware("cpu"))
    fabric = launch(context.hardware, recipe.precision)
    stages = Stages(replace(recipe, pretrained=""), build_sources(recipe, data), context, fabric)
    network = stages.network()
    network.load_state_dict(finished(run / "shared-1.ckpt")["average"])
    state = stages.loop("axial", 2, ("axial",), recipe.plane).run(network, context.progress)
    held_out = isles22_sets(recipe, data)
    arrays: dict[str, np.ndarray] = {}
    for held, pairs in zip(held_out, validate(recipe, state, held_out), strict=True):
        for sample, (probability, truth) in zip(held.samples, pairs, strict=True):
            arrays[f"{key(held.roles)}|{sample.patient}|probability"] = probability.astype(np.float16)
            arrays[f"{key(held.roles)}|{sample.patient}|truth"] = truth
    np.savez_compressed(done, **arrays)  # type: ignore[arg-type]


def finished(path: Path) -> dict[str, Any]:
    """The checkpoint of a stage that has ended.

    Raises:
        InputError: if it is damaged.
        SystemExit: if it has not ended.
    """
    state = checkpoint.load(path)
    if state is None or not state["finished"]:
        raise SystemExit(f"{path}: the run's first stage has not ended; train on first")
    return state


def report(paths: Sequence[Path], mixtures: Sequence[tuple[Role, ...]]) -> None:
    """Prints the table of these folds together."""
    print("| sequences | patients | slices scored | mean Dice (95 % interval) | median | thresholds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for roles in mixtures:
        folds = [read(path, roles) for path in paths]
        chosen, found = [], []
        for number, fold in enumerate(folds):
            others = [pair for other in folds[:number] + folds[number + 1 :] for pair in other]
            chosen.append(best_threshold([others]))
            found += measured(fold, chosen[-1])[0]
        values = np.array(found)
        low, high = interval(values)
        print(
            f"| {' + '.join(map(str, roles))} | {sum(map(len, folds))} | {len(values)} "
            f"| {values.mean():.3f} ({low:.3f} to {high:.3f}) | {np.median(values):.3f} "
            f"| {', '.join(f'{limit:g}' for limit in chosen)} |"
        )


def read(path: Path, roles: tuple[Role, ...]) -> Pairs:
    """What a fold's network said, of these sequences."""
    with np.load(path) as store:
        names = [name.split("|")[1] for name in store if name.startswith(f"{key(roles)}|") and name.endswith("|truth")]
        return [
            (
                store[f"{key(roles)}|{name}|probability"].astype(np.float32),
                store[f"{key(roles)}|{name}|truth"],
            )
            for name in names
        ]


def key(roles: Sequence[Role]) -> str:
    return "+".join(map(str, roles))


if __name__ == "__main__":
    main()
