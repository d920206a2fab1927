"""Study folders with what does not belong there, read alone or segmented all the way into a folder of results."""

from __future__ import annotations

import gzip
import json
import os
import socket
import tempfile
from functools import lru_cache
from pathlib import Path

import nibabel as nib
import numpy as np

from ..inputs import Input, chance, pick
from ..mutation import damaged, json_bytes
from . import models, volumes

_RESULTS = ("labels.nii.gz", "report.html", "aif.svg", "result.json", "scene.mrb", "probability.nii.gz", "CBF.nii.gz")
_NETWORK_VOXELS = 50 << 20
"""Memory of the libraries that a whole run loads, as voxels."""
_SHAPE = (22, 26, 16)


def folder(rng: np.random.Generator, home: Path) -> Input:
    """A folder with two sequences and something odd; read."""
    study = home / pick(
        rng, ("study", "study", "Größe 脳", os.fsdecode(b"patient-\xe9\xff"), "x" * 250, " ", "a\nb", "-x")
    )
    write_study(study)
    kind = _litter(rng, study)
    return Input(kind, ("load", _argument(study.name)), voxels=2 * int(np.prod(_SHAPE)))


def segmented(rng: np.random.Generator, home: Path) -> Input:
    """A study all the way through, with a small model, into a folder that may hold what is not the product's."""
    name = pick(rng, ("study", "study", os.fsdecode(b"patient-\xe9"), "a b", "x" * 250, "脳"))
    write_study(home / name)
    kind, output = "plain", "out"
    if chance(rng, 0.4):
        kind = _litter(rng, home / name)
    models.write_model(home / "model")
    if chance(rng, 0.3):
        spoiled = pick(rng, ("manifest", "weights"))
        path = home / "model" / {"manifest": "model.json", "weights": "weights.safetensors"}[spoiled]
        path.write_bytes(damaged(rng, path.read_bytes())[1])
        kind = f"{kind}, {spoiled} damaged"
    elif chance(rng, 0.2):
        (home / "model" / "model.json").write_bytes(models.network_changed(rng)[1])
        kind = f"{kind}, network changed"
    if chance(rng, 0.5):
        (home / "out").mkdir()
        for name in _RESULTS:
            if chance(rng, 0.3):
                (home / "out" / name).write_bytes(b"an expert's own work")
        (home / "out" / "notes.txt").write_bytes(b"mine")
        if chance(rng, 0.3):
            (home / "out" / "result.json").write_bytes(
                json_bytes(rng, {"files": ["labels.nii.gz"], "modality": "mri"})[1]
            )
        kind = f"{kind}, output with foreign files"
    elif chance(rng, 0.2):
        output = pick(rng, (name, f"{name}/deep", "out/a/b", "out/" + "x" * 250, "out/" + "x" * 300, "", " ", "model"))
        kind = f"{kind}, odd output"
    words = ["segment", _argument(name), "--output", output, "--model", "model", "--device", "cpu"]
    if chance(rng, 0.2):
        words, kind = [*words, "--overwrite"], f"{kind}, overwrite"
    first = output.partition("/")[0]
    return Input(kind, ("cli", *words), voxels=_NETWORK_VOXELS, patience=8, output=first)


def arguments(rng: np.random.Generator, home: Path) -> Input:
    """Words of the command line that name nothing, or the wrong thing."""
    write_study(home / "study")
    odd = pick(
        rng,
        (
            "",
            " ",
            ".",
            "..",
            "none",
            "DWI=",
            "=x",
            "DWI=study",
            "DWI=none",
            "X=1",
            "/dev/null",
            "/dev/zero",
            "DWI=/dev/zero",
        ),
    )
    options = (
        *(("--device", "none"), ("--device", "cuda"), ("--reference", ""), ("--reference", "x"), ("--vote", "x")),
        *(("--age", "nan"), ("--age", "-1"), ("--nihss", "99"), ("--onset", "inf"), ("--model", ""), ("--model", "/")),
        *(
            ("--output", ""),
            ("--output", "/dev/null"),
            ("--modality", "x"),
            ("--route", "unet3d"),
            ("--none",),
            ("--age",),
        ),
        *(("--model", "x" * 5000), ("--output", "out/" + "x" * 300), ("--reference", "é"), ("--onset", "1e999")),
    )
    command = pick(rng, ("segment", "segment", "perfusion", "predict", "evaluate", "train", "dataset", "none", ""))
    words = [command, odd if chance(rng, 0.6) else "study", *(pick(rng, options) if chance(rng, 0.6) else ())]
    if "--output" not in words:
        words += ["--output", "out"]
    if command == "segment" and "--model" not in words:
        words += ["--model", "none such"]
    return Input(f"arguments of {command or 'nothing'}", ("cli", *words), voxels=30 * int(np.prod(_SHAPE)))


def _argument(name: str) -> str:
    """As a shell user names a folder that would be taken for an option."""
    return f"./{name}"


@lru_cache
def _scans(seed: int = 0) -> dict[str, bytes]:
    files = {}
    for place, role in enumerate(("DWI", "FLAIR")):
        data = volumes.brain(np.random.default_rng([seed, place]), _SHAPE)
        affine = np.diag([8.0, 8.0, 9.0, 1.0])
        affine[:3, 3] = (-88, -104, -72)
        files[f"{role}.nii.gz"] = gzip.compress(nib.Nifti1Image(data, affine).to_bytes(), 1, mtime=0)
    return files


def write_study(study: Path, seed: int = 0) -> None:
    """Writes a study of two sequences on a coarse grid."""
    study.mkdir()
    for name, content in _scans(seed).items():
        (study / name).write_bytes(content)


def _litter(rng: np.random.Generator, study: Path) -> str:
    """Puts something odd into a study; what it is."""
    kind = pick(
        rng,
        ("pipe", "socket", "device", "loop", "dangling link", "folder as file", "empty file", "text", "deep", "hidden")
        + (
            "undecodable",
            "long name",
            "damaged",
            "doubled",
            "own output",
            "picture",
            "secret",
            "link to folder",
            "newline",
        ),
    )
    name = pick(rng, ("T2.nii.gz", "T2.nii", "ADC.nrrd", "T1.mha", "IM0001.dcm", "IM0001", "times.txt", "notes"))
    path = study / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        _socket(path)
    elif kind == "device":
        path.symlink_to(pick(rng, ("/dev/zero", "/dev/null", "/dev/urandom", "/dev/full", "/dev/stdin")))
    elif kind == "loop":
        path.symlink_to(name)
        (study / "again").symlink_to(".")
    elif kind == "dangling link":
        path.symlink_to("nowhere")
    elif kind == "folder as file":
        path.mkdir()
    elif kind == "empty file":
        path.touch()
    elif kind == "text":
        path.write_bytes(b"no image at all\n" * 100)
    elif kind == "deep":
        place = study
        for _ in range(int(pick(rng, (20, 100)))):
            place = place / "d"
        place.mkdir(parents=True)
        (place / name).write_bytes(next(iter(_scans().values())))
    elif kind == "hidden":
        (study / f".{name}").write_bytes(rng.bytes(100))
        (study / f"._{name}").write_bytes(rng.bytes(100))
    elif kind == "undecodable":
        (study / os.fsdecode(b"T2-\xff\xe9.nii.gz")).write_bytes(_scans()["FLAIR.nii.gz"])
    elif kind == "long name":
        (study / f"T2{'x' * 240}.nii.gz").write_bytes(_scans()["FLAIR.nii.gz"])
    elif kind == "damaged":
        path.write_bytes(damaged(rng, _scans()["FLAIR.nii.gz"])[1])
    elif kind == "doubled":
        (study / pick(rng, ("DWI_2.nii.gz", "FLAIR.nii", "dwi.NII.GZ"))).write_bytes(_scans()["DWI.nii.gz"])
    elif kind == "own output":
        (study / "labels.nii.gz").write_bytes(_scans()["DWI.nii.gz"])
        (study / "result.json").write_text(json.dumps({"files": ["labels.nii.gz"]}), encoding="ascii")
    elif kind == "picture":
        (study / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + rng.bytes(50))
    elif kind == "secret":
        path.write_bytes(b"x")
        path.chmod(0)
    elif kind == "link to folder":
        (study / "up").symlink_to("..")
    else:
        (study / "T2\n\x1b[31m.nii.gz").write_bytes(_scans()["FLAIR.nii.gz"])
    return kind


def _socket(path: Path) -> None:
    """A socket at a path, which may be too long for a socket: it is made elsewhere and moved."""
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as unix_socket:
        unix_socket.bind(f"{short}/s")
        try:
            Path(short, "s").rename(path)
        except OSError:  # another disk
            path.touch()
