"""How well sequences that do not lie on the reference are put there, and how still those stay that do.

    python benchmarks/registration.py --data DATA [--motions 3] [--seed 0]

DATA/open_ms/patient*: T1, T2, FLAIR on a grid of 1 mm, registered by its authors, and a DWI made of T2 and FLAIR; each
on each, as given and with a head that had moved by up to 10 mm and 8 degrees. DATA/isles22/case_without_mask (slices of
4.8 and 6 mm) and DATA/heads/ms_raw (whole heads, slices of 3 to 4 mm) have no known position: moved by as much, they
are to end where they end unmoved. Everything goes the way of `strokeseg segment`: the brain, then `alignment.align`.
Prints Markdown tables: mean displacement over the brain, gains and times.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.brain.head import brain_mask
from StrokeSegLogic.mri.alignment import LEAST_GAIN, Position, align
from StrokeSegLogic.space.grid import Grid, working_grid
from StrokeSegLogic.space.resampling import resample, resample_mask
from StrokeSegLogic.study.case import Case, Role, Series

LARGEST_MM, LARGEST_DEG = 10.0, 8.0
DIFFUSION_MM = (1.8, 1.8, 5.0)
"""Voxels of a usual DWI."""
SIGNAL_TO_NOISE = 20.0
POINTS = 2000
"""Of the brain, at which displacements are taken."""


@dataclass(frozen=True)
class Outcome:
    """A sequence that was registered.

    Attributes:
        name: of volumes and roles.
        given_mm: mean displacement over the brain before.
        left_mm: after, from where it belongs.
        position: what was decided.
        wall_s, cpu_s: of `align`.
    """

    name: str
    given_mm: float
    left_mm: float
    position: Position
    wall_s: float
    cpu_s: float

    @property
    def gain(self) -> float:
        """Of the mutual information, as a part of what it was."""
        return self.position.found.gain if self.position.found else 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--motions", type=int, default=3, help="of each pair")
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    print(f"{given.motions} motions of each pair, seed {given.seed}, {os.cpu_count()} cores\n")
    known = list(carriers(given.data / "open_ms", given.motions, given.seed))
    right = [outcome for outcome in known if outcome.given_mm == 0]
    moved = [outcome for outcome in known if outcome.given_mm > 0]
    unknown = {
        "case_without_mask": list(put_back(diffusion_and_flair(given.data), given.motions * 4, given.seed)),
        "ms_raw": list(put_back(heads(given.data), given.motions, given.seed)),
    }
    print("| volumes | n | given, mm | left, mm: median | 95 % | most | moved |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    row("open_ms, moved", moved)
    for kind, outcomes in unknown.items():
        row(f"{kind}, moved: from where it ends unmoved", outcomes)
    row("open_ms, lying right", right)
    within("open_ms, moved", moved, 1.0)
    within("open_ms, lying right", right, 0.3)
    within("case_without_mask, moved", unknown["case_without_mask"], 1.5)
    gains(right, [*moved, *(outcome for outcomes in unknown.values() for outcome in outcomes)])
    seconds = np.array([(outcome.wall_s, outcome.cpu_s) for outcome in known])
    print(f"\nA sequence of 1 mm: {np.median(seconds[:, 0]):.2f} s at the median, {seconds[:, 0].max():.2f} at most")
    print(f"(processor {np.median(seconds[:, 1]):.2f} and {seconds[:, 1].max():.2f} s)")
    print("\nFurthest from where they belong:")
    for outcome in sorted([*moved, *right], key=lambda outcome: -outcome.left_mm)[:5]:
        print(
            f"- {outcome.name}: {outcome.given_mm:.1f} mm given, {outcome.left_mm:.2f} left, {outcome.position.words}"
        )


def row(name: str, outcomes: list[Outcome]) -> None:
    """A line of the table."""
    left = np.array([outcome.left_mm for outcome in outcomes])
    far = [outcome.given_mm for outcome in outcomes]
    count = sum(outcome.position.decision == "moved" for outcome in outcomes)
    print(
        f"| {name} | {len(left)} | {min(far):.1f} to {max(far):.1f} | {np.median(left):.2f} "
        f"| {np.quantile(left, 0.95):.2f} | {left.max():.2f} | {count} |"
    )


def within(name: str, outcomes: list[Outcome], limit_mm: float) -> None:
    """Which part ends within so many millimetres."""
    share = np.mean([outcome.left_mm <= limit_mm for outcome in outcomes])
    print(f"\n{name}: {share:.1%} of {len(outcomes)} within {limit_mm:g} mm")


def gains(right: list[Outcome], moved: list[Outcome]) -> None:
    """How far the gains of volumes that lie right are from those of volumes that do not."""
    print("\n| displacement, mm | n | least gain | most |\n| --- | --- | --- | --- |")
    for name, low, high, outcomes in (
        ("none", 0.0, 0.0, right),
        ("up to 1", 0.0, 1.0, moved),
        ("1 to 2", 1.0, 2.0, moved),
        ("2 to 4", 2.0, 4.0, moved),
        ("more", 4.0, np.inf, moved),
    ):
        found = [o.gain for o in outcomes if low <= o.given_mm <= high]
        if found:
            print(f"| {name} | {len(found)} | {min(found):+.1%} | {max(found):+.1%} |")
    print(f"\nA gain of {LEAST_GAIN:.0%} is asked for.")


def carriers(folder: Path, motions: int, seed: int) -> Iterator[Outcome]:
    """Each sequence on each other of patients whose sequences were registered."""
    for patient in sorted(folder.iterdir()):
        images = {role: read(patient / f"{role}.nii.gz") for role in (Role.T1, Role.T2, Role.FLAIR)}
        anatomy = dict(images)
        images[Role.DWI] = diffusion_like(anatomy[Role.T2], anatomy[Role.FLAIR], seed)
        for reference, role in permutations(images, 2):
            brain = brain_of(images[reference], reference)
            points = points_of(brain)
            still = sitk.VersorRigid3DTransform()
            name = f"{patient.name} {role} on {reference}"
            yield registered(name, images[reference], reference, images[role], role, brain, points, still, still)
            draw = np.random.default_rng([seed, *map(ord, name)])
            for number in range(motions):
                motion = random_motion(draw, points.mean(axis=0))
                # The head moved in the scanner, whose grid stayed: the voxels are others, not their places.
                if role is Role.DWI:
                    t2, flair = (acquired(anatomy[part], motion) for part in (Role.T2, Role.FLAIR))
                    image = diffusion_like(t2, flair, seed + number + 1)
                else:
                    image = acquired(images[role], motion)
                yield registered(name, images[reference], reference, image, role, brain, points, motion, motion)


def put_back(pairs: Iterator[tuple[str, dict[Role, sitk.Image]]], motions: int, seed: int) -> Iterator[Outcome]:
    """Each sequence on each other, its place moved; it belongs where it ends unmoved."""
    for folder, images in pairs:
        for reference, role in permutations(images, 2):
            brain = brain_of(images[reference], reference)
            points = points_of(brain)
            name = f"{folder} {role} on {reference}"
            still = sitk.VersorRigid3DTransform()
            end = registered(name, images[reference], reference, images[role], role, brain, points, still, still)
            print(f"{name}, unmoved: {end.position.words}; mutual information {information(end.position)}")
            draw = np.random.default_rng([seed, *map(ord, name)])
            for _ in range(motions):
                motion = random_motion(draw, points.mean(axis=0))
                image = sitk.TransformGeometry(images[role], motion.GetInverse())
                belongs = sitk.CompositeTransform([motion, transform_of(end.position)])
                yield registered(name, images[reference], reference, image, role, brain, points, motion, belongs)
    print()


def information(position: Position) -> str:
    """Before and after."""
    return f"{position.found.before:.3f} to {position.found.after:.3f}" if position.found else "not measured"


def diffusion_and_flair(data: Path) -> Iterator[tuple[str, dict[Role, sitk.Image]]]:
    """DWI with slices of 4.8 mm, FLAIR of 6 mm, stripped."""
    folder = data / "isles22" / "case_without_mask"
    yield folder.name, {role: read(folder / f"{role.lower()}-brain-mri.mha") for role in (Role.DWI, Role.FLAIR)}


def heads(data: Path) -> Iterator[tuple[str, dict[Role, sitk.Image]]]:
    """FLAIR and T2 with skull."""
    folder = data / "heads" / "ms_raw"
    for path in sorted(folder.glob("*_T2W.nii.gz")):
        flair = folder / path.name.replace("T2W", "FLAIR")
        yield f"ms_raw {path.name.partition('_')[0]}", {Role.FLAIR: read(flair), Role.T2: read(path)}


def registered(
    name: str,
    fixed: sitk.Image,
    reference: Role,
    moving: sitk.Image,
    role: Role,
    brain: sitk.Image,
    points: np.ndarray,
    motion: sitk.Transform,
    belongs: sitk.Transform,
) -> Outcome:
    """What becomes of a sequence.

    Args:
        name: for the tables.
        fixed, reference, moving, role: the volumes and what they are.
        brain: mask of the fixed volume's brain.
        points: (N, 3) of it.
        motion: from the fixed volume's points to where the moved head has them.
        belongs: to where registration ought to find them.
    """
    case = Case.of(
        name, [Series(kind, image, name, "", 1.0, "") for kind, image in ((reference, fixed), (role, moving))]
    )
    wall, cpu = time.perf_counter(), time.process_time()
    _, (position,) = align(case, reference, {role: ()}, brain, Progress())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    end = at(belongs, points)
    left = np.linalg.norm(at(transform_of(position), points) - end, axis=1).mean()
    given = np.linalg.norm(at(motion, points) - points, axis=1).mean()
    return Outcome(name, float(given), float(left), position, wall, cpu)


def transform_of(position: Position) -> sitk.Transform:
    """Where the sequence is taken to lie."""
    if position.decision == "moved" and position.found is not None:
        return position.found.transform
    return sitk.Transform(3, sitk.sitkIdentity)


def random_motion(draw: np.random.Generator, centre: np.ndarray) -> sitk.VersorRigid3DTransform:
    """Shift and angle uniform between nothing and the most, in any direction and about any axis."""
    axis, way = (vector / np.linalg.norm(vector) for vector in draw.normal(size=(2, 3)))
    motion = sitk.VersorRigid3DTransform()
    motion.SetCenter(centre.tolist())
    motion.SetRotation(axis.tolist(), float(np.radians(draw.uniform(0, LARGEST_DEG))))
    motion.SetTranslation((way * draw.uniform(0, LARGEST_MM)).tolist())
    return motion


def acquired(image: sitk.Image, motion: sitk.Transform) -> sitk.Image:
    """The image of a head that has moved, on the same grid."""
    return resample(sitk.TransformGeometry(image, motion.GetInverse()), Grid.of(image))


def diffusion_like(t2: sitk.Image, flair: sitk.Image, seed: int) -> sitk.Image:
    """A volume that looks like a DWI of b = 1000 s/mm², 1.8 x 1.8 x 5 mm.

    T2 signal, dampened by exp(-b D): D is 0.75e-3 mm²/s in tissue and 3.0e-3 in fluid, which is bright on T2 and dark
    on FLAIR. Rician noise, a twentieth of the tissue's signal; nothing outside of the brain.
    """
    draw = np.random.default_rng(seed)
    signal, dark = sitk.GetArrayFromImage(t2), sitk.GetArrayFromImage(flair)
    brain = dark > 0
    signal, dark = signal / np.median(signal[brain]), dark / np.median(dark[brain])
    fluid = np.clip((signal / np.maximum(dark, 0.05) - 1.8) / 2.2, 0, 1)
    weighted = np.where(brain, np.clip(signal, 0, 3) * np.exp(-(0.75 + 2.25 * fluid)), 0).astype(np.float32)
    own = Grid.of(t2)
    size = tuple(int(np.ceil(n * old / new)) for n, old, new in zip(own.size, own.spacing, DIFFUSION_MM, strict=True))
    grid = own.about_centre(size, DIFFUSION_MM)
    values = sitk.GetArrayFromImage(resample(own.image(weighted), grid))
    inside = resample_mask(own.image(brain.astype(np.uint8)), grid)
    typical = float(np.median(values[inside]))
    noise = draw.normal(0, typical / SIGNAL_TO_NOISE, (2, *values.shape))
    noisy = np.hypot(values + noise[0], noise[1]) * inside * (300 / typical)
    return grid.image(noisy.astype(np.float32))


def brain_of(image: sitk.Image, role: Role) -> sitk.Image:
    """As `mri.prepare` finds it."""
    field = working_grid(Grid.of(image), 1.0)
    return field.image(brain_mask({role: image}, role, field).mask.astype(np.uint8))


def points_of(brain: sitk.Image) -> np.ndarray:
    """Some points (N, 3) spread over a mask, mm."""
    index = np.argwhere(sitk.GetArrayViewFromImage(brain))[:, ::-1]
    return Grid.of(brain).to_world(index[:: max(len(index) // POINTS, 1)])


def at(transform: sitk.Transform, points: np.ndarray) -> np.ndarray:
    """The points after a transform."""
    return np.array([transform.TransformPoint(point) for point in points.tolist()])


def read(path: Path) -> sitk.Image:
    """A volume, float32."""
    return sitk.ReadImage(str(path), sitk.sitkFloat32)


if __name__ == "__main__":
    main()
