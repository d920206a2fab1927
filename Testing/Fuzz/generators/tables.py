"""Tables and records of a cohort: groups, labels, predictions, splits, participants; and the times of a series."""

from __future__ import annotations

import gzip
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from ..inputs import Input, chance, pick
from ..mutation import damaged, json_bytes, number, text
from . import volumes

CASES = ("sub-01", "sub-02", "sub-03")
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "latin-1")
_ORIGIN: dict[str, Any] = {
    **{"format": "strokeseg predictions", "model": "m", "sha256": ["0" * 64], "trained_on": "nothing"},
    **{"data": "d", "simulated": False, "cases": list(CASES)},
}


def cohort(rng: np.random.Generator, home: Path) -> Input:
    """Predictions and references to score, with an odd table or record beside them."""
    for place in ("pred", "ref"):
        (home / place).mkdir()
        for case in CASES:
            (home / place / f"{case}.nii.gz").write_bytes(mask(1 + (place == "ref")))
    words = ["evaluate", "pred", "ref", "--resamples", "100"]
    how = pick(rng, ("groups", "groups", "labels", "predictions", "right"))
    kind, more = "in order", ()
    if how == "groups":
        rows = [["case", "group", "patient"], *([case, pick(rng, ("LVO", "WIS", "x")), f"P{case}"] for case in CASES)]
        kind = f"groups: {_written(rng, home / 'groups.csv', rows, pick(rng, (',', ';', chr(9))))}"
        words += ["--groups", "groups.csv"]
    elif how == "labels":
        kind, content = json_bytes(rng, {"1": "penumbra", "2": "core"})
        place = pick(rng, ("labels.json", "pred/labels.json"))
        (home / place).write_bytes(content)
        words += ["--labels", "labels.json"] if place == "labels.json" else []
        kind = f"labels: {kind}"
        if chance(rng, 0.2):
            words, kind = (
                [*words[:5], "--labels", pick(rng, ("", "=", "1=", "0=a", "9999999999=a", "1=a,1=a", "1+=x"))],
                "labels",
            )
    elif how == "predictions":
        kind, content = json_bytes(rng, _ORIGIN)
        (home / "pred" / "predictions.json").write_bytes(content)
        kind = f"predictions: {kind}"
    return Input(kind, ("cli", *words, *more), must_work=how == "right", voxels=6 * 720)


def masks(rng: np.random.Generator, home: Path) -> Input:
    """A prediction or a reference that is an odd mask."""
    for place in ("pred", "ref"):
        (home / place).mkdir()
        (home / place / "a.nii.gz").write_bytes(mask(1))
        (home / place / "b.nii.gz").write_bytes(mask(2))
    values = _mask_array(1).astype(np.float32)
    kind = pick(
        rng, ("fractions", "negative", "many labels", "NaN", "huge", "empty", "size 0", "grid", "bytes", "4-D", "one")
    )
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    if kind == "fractions":
        values *= 0.5
    elif kind == "negative":
        values *= -1
    elif kind == "many labels":
        values = np.arange(values.size, dtype=np.float32).reshape(values.shape)
    elif kind in ("NaN", "huge"):
        values[1, 1, 1] = np.nan if kind == "NaN" else 1e30
    elif kind == "empty":
        values[:] = 0
    elif kind == "grid":
        affine[0, 3] = pick(rng, (1e-7, 0.1, 500))
    elif kind == "4-D":
        values = values[..., None].repeat(pick(rng, (1, 2)), axis=3)
    elif kind == "one":
        values = values[:1, :1, :1]
    content = nib.Nifti1Image(values, affine).to_bytes()
    if kind == "size 0":
        header = bytearray(content)
        header[42 : 42 + 2] = b"\0\0"
        content = bytes(header)
    elif kind == "bytes":
        _, content = damaged(rng, content, pick(rng, (352, None)))
    (home / pick(rng, ("pred", "ref")) / "a.nii").write_bytes(content)
    for place in ("pred", "ref"):
        if (home / place / "a.nii").exists():
            (home / place / "a.nii.gz").unlink()
    return Input(f"mask: {kind}", ("cli", "evaluate", "pred", "ref", "--resamples", "100"), voxels=4 * 720)


def splits(rng: np.random.Generator, home: Path) -> Input:
    """A table of cases and parts."""
    parts = ("train", "train", "train", "val", "test", "test")
    rows = [["case", "split"], *([f"case_{place}", part] for place, part in enumerate(parts))]
    return Input(f"split: {_written(rng, home / 'split.tsv', rows, chr(9))}", ("split", "split.tsv"))


def participants(rng: np.random.Generator, home: Path) -> Input:
    """A data set in BIDS whose table, label file or masks are odd."""
    folder = home / "data"
    for case in CASES:
        (folder / case / "dwi").mkdir(parents=True)
        (folder / case / "dwi" / f"{case}_dwi.nii.gz").write_bytes(scan())
        place = folder / "derivatives" / "lesions" / case / "dwi"
        place.mkdir(parents=True)
        (place / f"{case}_mask.nii.gz").write_bytes(mask(1) if chance(rng, 0.9) else damaged(rng, mask(1))[1])
    (folder / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.9.0"}', encoding="utf-8")
    rows = [["participant_id", "age", "nihss", "split"], *([case, "70", "4", "train"] for case in CASES)]
    kind = _written(rng, folder / "participants.tsv", rows, chr(9))
    if chance(rng, 0.2):
        kind, content = json_bytes(rng, {"Name": "x", "BIDSVersion": "1.9.0"})
        (folder / "dataset_description.json").write_bytes(content)
    return Input(f"participants: {kind}", ("cli", "dataset", "check", "data"), voxels=6 * 720)


def times(rng: np.random.Generator, home: Path) -> Input:
    """A series whose times stand in an odd file beside it."""
    data = volumes.frames(rng)
    nib.save(nib.Nifti1Image(data, volumes.affine(rng)), home / "CTP.nii")
    seconds = [2.0 * frame for frame in range(volumes.FRAMES)]
    kind = pick(rng, ("text", "text", "JSON", "JSON", "pipe", "device"))
    if kind == "text":
        rows = [[f"{second:g}"] for second in seconds]
        kind = _written(rng, home / pick(rng, ("times.txt", "CTP.times.txt", "CTP_times.txt")), rows, " ")
    elif kind == "JSON":
        key = pick(rng, ("FrameTimesStart", "VolumeTiming", "RepetitionTime", "times_s"))
        kind, content = json_bytes(rng, {key: 2.0 if key == "RepetitionTime" else seconds})
        (home / pick(rng, ("CTP.json", "times.json"))).write_bytes(content)
    elif kind == "pipe":
        os.mkfifo(home / "times.txt")
    else:
        (home / "CTP.json").symlink_to("/dev/zero")
    return Input(f"times: {kind}", ("load", "CTP=CTP.nii"), voxels=data.size)


def _written(rng: np.random.Generator, path: Path, rows: list[list[str]], mark: str) -> str:
    """Writes a table with one fault; what the fault is."""
    kind = pick(
        rng,
        ("cell", "cell", "cell", "long cell", "row missing", "row doubled", "short row", "heading", "quote", "bytes")
        + ("encoding", "empty", "NUL", "CR", "many rows", "many columns", "JSON", "pipe", "device"),
    )
    row, column = int(rng.integers(1, len(rows))), int(rng.integers(len(rows[0])))
    if kind == "cell":
        rows[row][column] = text(rng) if chance(rng, 0.6) else number(rng)
    elif kind == "long cell":
        rows[row][column] = "x" * int(pick(rng, (131_073, 500_000)))
    elif kind == "row missing":
        del rows[row]
    elif kind == "row doubled":
        rows.append(rows[row])
    elif kind == "short row":
        rows[row] = rows[row][:column]
    elif kind == "heading":
        rows[0][min(column, len(rows[0]) - 1)] = text(rng)
    elif kind == "quote":
        rows[row][column] = pick(rng, ('"', '""', '"a', 'a"b', '"a\nb"', "'"))
    elif kind == "many rows":
        rows += [[f"x{index}", *rows[row][1:]] for index in range(3000)]
    elif kind == "many columns":
        rows = [[*cells, *["x"] * 3000] for cells in rows]
    content = "\n".join(mark.join(cells) for cells in rows).encode("utf-8", "surrogatepass")
    if kind == "pipe":
        os.mkfifo(path)
        return kind
    if kind == "device":
        path.symlink_to("/dev/zero")
        return kind
    if kind == "bytes":
        kind, content = damaged(rng, content)
    elif kind == "encoding":
        content = content.decode("utf-8", "replace").encode(pick(rng, _ENCODINGS), "replace")
    elif kind == "empty":
        content = pick(rng, (b"", b"\n", b" ", b"\n\n\n", b"\xef\xbb\xbf", b"case", b"\t"))
    elif kind == "NUL":
        content = content.replace(b"\n", b"\0\n", 1)
    elif kind == "CR":
        content = content.replace(b"\n", pick(rng, (b"\r", b"\r\n", b"\x0b", b"\xe2\x80\xa8")))
    elif kind == "JSON":
        content = json.dumps(rows).encode()
    path.write_bytes(content)
    return kind


def _mask_array(seed: int) -> np.ndarray:
    return (volumes.brain(np.random.default_rng(seed)) > 300).astype(np.uint8)


@lru_cache
def mask(seed: int) -> bytes:
    """A mask of labels 0 and 1 in a compressed NIfTI file."""
    return gzip.compress(nib.Nifti1Image(_mask_array(seed), np.diag([2.0, 2.0, 2.0, 1.0])).to_bytes(), 1, mtime=0)


@lru_cache
def scan() -> bytes:
    """A volume in a compressed NIfTI file."""
    data = volumes.brain(np.random.default_rng(1))
    return gzip.compress(nib.Nifti1Image(data, np.diag([2.0, 2.0, 2.0, 1.0])).to_bytes(), 1, mtime=0)
