"""Which contrasts are told from the roles that they are called by: a table of confusions, as the engine judges them.

    python benchmarks/contrasts.py --data DATA [--others FOLDER] [--heads 6] [--seed 0]

DATA holds isles22/, open_ms/, heads/ (ms_raw, synthseg) and soop/. FOLDER has volumes (NIfTI) in folders that are
called by what they show: DWI, b0, EPI, GRE, T1, T2, FLAIR, ADC, CT. So many heads of each named contrast are
synthesised, half of them with a lesion, and judged whole and stripped. A volume is judged alone in each role, with the
brain that is found on it under that name. SOOP's axial FLAIR slices are repeated into slabs of 3 cm. Prints Markdown;
cells: contradicted surely / in doubt / of so many that were judged.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from mri_data import mask_folders

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.brain.head import brain_mask
from StrokeSegLogic.brain.signal import Signal, has_ct_numbers, measure_signal
from StrokeSegLogic.mri.doubts import contradiction
from StrokeSegLogic.space.grid import Grid, working_grid
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.volumes.reader import read_volume
from StrokeSegLogic.training.heads.contrast import NAMED
from StrokeSegLogic.training.heads.generate import draw_head
from StrokeSegLogic.training.heads.label_maps import LEFT_OUT, read_heads
from StrokeSegLogic.training.stream.sources.lesions import read_shapes

ROLES = (Role.DWI, Role.FLAIR, Role.ADC, Role.T2, Role.T1)
CONTRASTS = ("DWI", "b0", "EPI", "GRE", "T2", "ADC", "FLAIR", "T1", "CT")
SIDE, STEP_MM, MASK_MM, SLAB = 112, 2.0, 2.0, 30


@dataclass(frozen=True)
class Shown:
    """A volume, what it truly shows, and where it comes from."""

    image: sitk.Image
    contrast: str
    name: str


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--others", type=Path)
    arguments.add_argument("--heads", type=int, default=6, help="synthesised heads of each contrast")
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    table("Volumes of patients in DATA", shared(given.data))
    if given.others is not None:
        table(f"Volumes in {given.others.name}", in_folders(given.others))
    table("Axial FLAIR of SOOP's patients", slabs(given.data))
    if given.heads:
        drawn = list(synthesised(given.data, given.heads, given.seed))
        table(f"Synthesised heads, seed {given.seed}", (whole for whole, _ in drawn))
        table(f"The same, stripped, seed {given.seed}", (stripped for _, stripped in drawn))


def table(title: str, volumes: Iterable[Shown]) -> None:
    """Judges the volumes in each role and prints what came of it, and every wrong alarm."""
    cells: dict[tuple[str, Role], Counter[str]] = defaultdict(Counter)
    wrong = []
    for volume in volumes:
        for role, verdict in judged(volume.image).items():
            cells[volume.contrast, role][verdict] += 1
            if volume.contrast == role and verdict in ("sure", "doubt"):
                wrong.append(f"{volume.name} ({role}, {verdict})")
    print(f"\n{title}\n\n| shows | {' | '.join(f'as {role}' for role in ROLES)} | not judged |")
    print(f"| --- |{' --- |' * (len(ROLES) + 1)}")
    for contrast in CONTRASTS:
        counts = [cells[contrast, role] for role in ROLES]
        if any(counts):
            shown = " | ".join(f"{c['sure']} / {c['doubt']} / {c['sure'] + c['doubt'] + c['fits']}" for c in counts)
            print(f"| {contrast} | {shown} | {sum(c['not judged'] for c in counts)} |", flush=True)
    print(f"\nWrong alarms: {', '.join(wrong) or 'none'}")


def judged(image: sitk.Image) -> dict[Role, str]:
    """sure, doubt, fits or not judged, in each role."""
    if has_ct_numbers(image):
        return dict.fromkeys(ROLES, "sure")
    # How the brain is found depends on whether fat is bright: on T1 alone.
    as_t1, as_others = signal_of(image, Role.T1), signal_of(image, Role.DWI)
    return {role: verdict_on(role, as_t1 if role is Role.T1 else as_others) for role in ROLES}


def signal_of(image: sitk.Image, role: Role) -> Signal | None:
    """Within the brain that is found on a volume that is called so; None where nothing can be judged."""
    grid = working_grid(Grid.of(image), MASK_MM)
    try:
        brain = brain_mask({role: image}, role, grid).mask
    except InputError:
        return None
    return measure_signal(image, grid.image(brain.astype(np.uint8)))


def verdict_on(role: Role, signal: Signal | None) -> str:
    if signal is None:
        return "not judged"
    against = contradiction(role, signal)
    return "fits" if against is None else "sure" if against.sure else "doubt"


def shared(data: Path) -> Iterator[Shown]:
    """The volumes of DATA."""
    for folder in mask_folders(data):
        for path in sorted(folder.rglob("*.nii.gz")):
            for role in (Role.DWI, Role.ADC):
                if role.value.lower() in path.name:
                    yield Shown(read_volume(path), role.value, f"{folder.name} {role}")
    for path in sorted((data / "isles22" / "dwi_only_no_mask").glob("*.nii.gz")):
        yield Shown(read_volume(path), "DWI", path.name)
    for path in sorted((data / "isles22" / "case_without_mask").glob("*.mha")):
        yield Shown(read_volume(path), path.name.split("-")[0].upper(), path.name)
    for path in [*sorted((data / "open_ms").rglob("*.nii*")), *sorted((data / "heads" / "ms_raw").glob("*study*"))]:
        contrast = next((name for name in ("FLAIR", "T1", "T2") if name in path.name.upper()), "")
        if contrast and not any(word in path.name.lower() for word in ("mask", "gt")):
            yield Shown(read_volume(path), contrast, f"{path.parent.name} {path.name}")


def in_folders(folder: Path) -> Iterator[Shown]:
    for contrast in CONTRASTS:
        for path in sorted((folder / contrast).glob("*.nii*")):
            yield Shown(read_volume(path), contrast, path.name)


def slabs(data: Path) -> Iterator[Shown]:
    """SOOP's axial slices, each as a volume."""
    slices = np.load(data / "soop" / "flair_slices.npz")["axial_flair"]
    height, width = slices.shape[1:]
    grid = Grid((width, height, SLAB), (1.0,) * 3, (0.0,) * 3, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
    for number, pixels in enumerate(slices):
        volume = np.repeat(pixels[None].astype(np.float32), SLAB, axis=0)
        yield Shown(grid.image(volume), "FLAIR", f"SOOP {number}")


def synthesised(data: Path, count: int, seed: int) -> Iterator[tuple[Shown, Shown]]:
    """Heads of people that nothing is trained on, whole and stripped, of every named contrast."""
    heads = read_heads(data / "heads" / "synthseg", LEFT_OUT)
    shapes = read_shapes(data / "soop", 40, seed, "test")
    random = np.random.default_rng(seed)
    size = (SIDE,) * 3
    grid = Grid(size, (STEP_MM,) * 3, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
    for contrast in NAMED:
        for number in range(count):
            head = draw_head(heads, random, size, STEP_MM, contrast=contrast, shapes=shapes)
            # Levels of CT are (HU + 1000) / 1030.
            values = head.image * 1030 - 1000 if contrast == "CT" else head.image * (750 if contrast == "ADC" else 200)
            name = f"{contrast} {number}"
            whole = grid.image(values.astype(np.float32))
            stripped = grid.image(np.where(head.brain, values, 0).astype(np.float32))
            yield Shown(whole, contrast, name), Shown(stripped, contrast, f"{name} stripped")


if __name__ == "__main__":
    main()
