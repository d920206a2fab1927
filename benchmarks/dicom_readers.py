"""DICOM as scanners wrote it: what this reader, dcm2niix and highdicom make of the same folders.

    python benchmarks/dicom_readers.py --sets FOLDER --dcm2niix PROGRAM

FOLDER holds a folder a set, such as the `In` folders of the public repositories neurolabusc/dcm_qa_*, each file
unpacked. A volume agrees with dcm2niix where its voxels lie at the same places (to 0.02 mm) and have the same values
(to 1e-4 of the largest); dcm2niix is asked for display values (`-p n`), which is what is read here, too. Without
highdicom its column stays empty. Prints what does not agree, and a Markdown table.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.study.series.assign import read_candidate
from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.study_files import study_files

_PLACE_MM = 0.02
_VALUES = 1e-4


class Converted:
    """The 3-D volumes that dcm2niix made of a folder, in RAS order."""

    def __init__(self, folder: Path) -> None:
        self.volumes: list[tuple[np.ndarray, np.ndarray, float | None]] = []
        for path in sorted(folder.glob("*.nii")):
            image = nib.as_closest_canonical(nib.load(path))
            data = np.asarray(image.dataobj)
            if data.dtype.names or path.stem.endswith("_Raw"):  # colours; a converter's own copy
                continue
            beside = path.with_suffix(".bval")
            b_values = [float(word) for word in beside.read_text().split()] if beside.exists() else []
            frames = data[..., None] if data.ndim == 3 else data
            for k in range(frames.shape[3]):
                b = b_values[k] if k < len(b_values) else None
                self.volumes.append((image.affine, frames[..., k], b))
        self.found: set[int] = set()

    def match(self, image: sitk.Image) -> str | int:
        """The number of the volume that agrees, or what differs."""
        affine, ours = canonical(image)
        best = "no volume of that size"
        for number, (theirs, values, _) in enumerate(self.volumes):
            if values.shape != ours.shape:
                continue
            if np.abs(theirs - affine).max() > _PLACE_MM:
                best = f"other places ({np.abs(theirs - affine).max():.3g} mm)" if "values" not in best else best
                continue
            if number not in self.found and np.abs(values - ours).max() <= _VALUES * max(np.abs(values).max(), 1e-9):
                return number
            best = "other values"
        return best


def canonical(image: sitk.Image) -> tuple[np.ndarray, np.ndarray]:
    """Affine (RAS, mm) and values (x, y, z) with axes nearest to right, front and head."""
    matrix = np.reshape(image.GetDirection(), (3, 3)) * np.asarray(image.GetSpacing())
    affine = np.eye(4)
    affine[:3] = np.diag([-1, -1, 1]) @ np.column_stack([matrix, image.GetOrigin()])
    made = nib.as_closest_canonical(nib.Nifti1Image(sitk.GetArrayFromImage(image).T, affine))
    return made.affine, np.asarray(made.dataobj)


def volumes_of(candidate: Candidate) -> Iterator[sitk.Image]:
    """The volume of a candidate, or each of its frames."""
    if (candidate.frames or 1) > 1:
        series = candidate.read_time_series().image
        for k in range(series.GetSize()[3]):
            yield series[:, :, :, k]
    else:
        yield candidate.read()


def compared(folder: Path, program: str, words: list[str]) -> dict[str, int]:
    """Counts of a set."""
    count = dict.fromkeys(("series", "read", "agree", "b", "b_agree", "theirs", "highdicom", "highdicom_agree"), 0)
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [program, "-b", "n", "-z", "n", "-p", "n", "-d", "9", "-f", "%s_%d_%f", "-o", scratch, str(folder)],
            check=False,
            capture_output=True,
        )
        there = Converted(Path(scratch))
        count["theirs"] = len(there.volumes)
        try:
            files = study_files(folder)
        except InputError as error:
            words.append(f"{folder.name}: {error}")
            return count
        words += [f"{folder.name}: note: {note[:200]}" for note in files.notes]
        for candidate in files.candidates:
            _one(candidate, there, count, words)
        for number, (_, values, b) in enumerate(there.volumes):
            if number not in there.found:
                words.append(f"{folder.name}: dcm2niix alone: {values.shape} b={b}")
        _highdicom(folder, there, count, words)
    return count


def _one(candidate: Candidate, there: Converted, count: dict[str, int], words: list[str]) -> None:
    if candidate.tags is None:
        return
    count["series"] += 1
    reading = read_candidate(candidate)
    role = f"{reading.role} ({reading.reason})"
    try:
        if candidate.colour:
            candidate.read_colours()
            count["read"] += 1
            words.append(f"{candidate.name}: in colour; {role}")
            return
        images = list(volumes_of(candidate))
    except InputError as error:
        words.append(f"{candidate.name}: {error.clause}; {role}")
        return
    count["read"] += 1
    matches = [there.match(image) for image in images]
    there.found |= {number for number in matches if isinstance(number, int)}
    wrong = [why for why in matches if isinstance(why, str)]
    count["agree"] += not wrong
    words.append(f"{candidate.name}: {'agrees' if not wrong else wrong[0]}; {role}")
    told = [there.volumes[number][2] for number in matches if isinstance(number, int)]
    if told and told[0] is not None and candidate.tags is not None:
        count["b"] += 1
        ours = candidate.tags.b_value
        same = ours is not None and abs(ours - told[0]) <= 1
        count["b_agree"] += same
        if not same:
            words.append(f"  b-value {ours}, by dcm2niix {told[0]}")


def _highdicom(folder: Path, there: Converted, count: dict[str, int], words: list[str]) -> None:
    """What highdicom reads: whole series of single slices, and files of several."""
    try:
        import highdicom
        import pydicom
    except ImportError:
        return
    warnings.simplefilter("ignore")
    series: dict[Any, list[Path]] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True)
        except Exception:
            continue
        if "Rows" in header:
            several = int(header.get("NumberOfFrames") or 1) > 1
            series.setdefault((header.get("SeriesInstanceUID"), path if several else None), []).append(path)
    there.found = set()
    for (_, several), paths in series.items():
        count["highdicom"] += 1
        try:
            if several is not None:
                volume = highdicom.imread(several).get_volume()
            else:
                volume = highdicom.get_volume_from_series([pydicom.dcmread(path) for path in paths])
        except Exception as error:  # whatever it says is told
            words.append(f"{paths[0].parent.name}: highdicom: {type(error).__name__}: {str(error)[:120]}")
            continue
        made = nib.as_closest_canonical(
            nib.Nifti1Image(
                np.moveaxis(np.asarray(volume.array, float), 0, 0),
                np.diag([-1, -1, 1, 1]) @ volume.affine,
            )
        )
        agrees = any(
            values.shape == made.shape
            and np.abs(affine - made.affine).max() <= _PLACE_MM
            and np.abs(values - np.asarray(made.dataobj)).max() <= _VALUES * max(np.abs(values).max(), 1e-9)
            for affine, values, _ in there.volumes
        )
        count["highdicom_agree"] += agrees
        words.append(f"{paths[0].parent.name}: highdicom {'agrees' if agrees else 'differs'}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sets", type=Path, required=True)
    arguments.add_argument("--dcm2niix", default="dcm2niix")
    given = arguments.parse_args()
    rows = []
    for folder in sorted(given.sets.iterdir()):
        words: list[str] = []
        c = compared(folder.resolve(), given.dcm2niix, words)
        print(f"== {folder.name}", *words, sep="\n", flush=True)
        rows.append(
            f"| {folder.name} | {c['series']} | {c['read']} | {c['agree']} | {c['b_agree']} of {c['b']} "
            f"| {c['theirs']} | {c['highdicom_agree']} of {c['highdicom']} |"
        )
        print(rows[-1], file=sys.stderr, flush=True)
    print("| set | volumes or series found | read | agree with dcm2niix | b-values | volumes of dcm2niix | highdicom |")
    print("| --- | --- | --- | --- | --- | --- | --- |", *rows, sep="\n")


if __name__ == "__main__":
    main()
