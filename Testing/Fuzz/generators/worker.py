"""The panel's side of the worker: jobs with their volumes, and lines on its standard input."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from StrokeSegLogic.space.grid import Grid

from ..inputs import Input, chance, pick
from ..mutation import damaged, json_bytes, number, replaced_value, text
from . import models, volumes

_JOB: dict[str, Any] = {
    "format": 1,
    "name": "phantom",
    "modality": "mri",
    "volumes": {
        "DWI": {"file": "DWI.npz", "source": "a scene's DWI", "times_s": None},
        "FLAIR": {"file": "FLAIR.npz", "source": "a scene's FLAIR", "times_s": None},
    },
    "clinical": {"age": 70, "nihss": 5, "onset_hours": 3.0},
    "reference": None,
    "options": {
        **{"model": "model", "device": "cpu", "vote": "majority", "route": "", "threshold": None},
        **{"minimum_lesion_ml": 0.0, "flips": False, "reproducible": False, "extras": ["probability", "report"]},
    },
}


def job(rng: np.random.Generator, home: Path) -> Input:
    """A job's folder, which lies in the output, for the worker writes its result into it."""
    folder = home / "out"
    folder.mkdir()
    content = {f"{role}.npz": _volume(role) for role in ("DWI", "FLAIR")}
    values = json.dumps(_JOB).encode()
    how = pick(rng, ("JSON", "JSON", "file", "volume", "volume", "series", "missing", "special"))
    if how == "JSON":
        kind, values = json_bytes(rng, _JOB)
    elif how == "file":
        job_values = json.loads(values)
        named = pick(
            rng, ("none.npz", "", ".", "..", "/dev/null", "pipe", "zero", "a\0b", "x" * 300, "job.json", text(rng))
        )
        job_values["volumes"]["DWI"]["file"] = named
        kind, values = "name of a volume", json.dumps(job_values).encode()
        os.mkfifo(folder / "pipe")
        (folder / "zero").symlink_to("/dev/zero")
    elif how == "volume":
        kind, content["DWI.npz"] = _spoiled(rng, content["DWI.npz"])
    elif how == "series":
        kind, values = _series(rng)
        content = {"CTP.npz": _volume("CTP")}
    elif how == "missing":
        kind = "a volume is missing"
        del content[pick(rng, list(content))]
    else:
        return _special(rng, folder)
    (folder / "job.json").write_bytes(values)
    for name, data in content.items():
        (folder / name).write_bytes(data)
    if chance(rng, 0.1):
        models.write_model(home / "model")
    return Input(kind, ("job", "out/job.json"), voxels=2 * 720, patience=3)


def lines(rng: np.random.Generator, home: Path) -> Input:
    """Lines of odd commands; the worker must live and take the next job."""
    told = [_line(rng) for _ in range(int(pick(rng, (1, 1, 5, 40))))]
    kinds = sorted({kind for kind, _ in told})
    (home / "lines").write_bytes(b"\n".join(line.replace(b"\n", b" ") for _, line in told) + b"\n")
    return Input(kinds[0] if len(kinds) == 1 else "several kinds", ("lines", "lines"), patience=8)


def _line(rng: np.random.Generator) -> tuple[str, bytes]:
    order = {"command": "run", "job": "none such/job.json"}
    kind = pick(rng, ("text", "JSON", "JSON", "bytes", "types", "job", "long", "cancel"))
    if kind == "text":
        return kind, text(rng).encode("utf-8", "surrogatepass").replace(b"quit", b"")
    if kind == "JSON":
        return kind, json_bytes(rng, order)[1]
    if kind == "bytes":
        return kind, rng.bytes(int(pick(rng, (1, 10, 1000))))
    if kind == "types":
        return kind, json.dumps(replaced_value(rng, {"command": order, "job": [1]})[1]).encode()
    if kind == "job":
        named = pick(rng, (text(rng), "x" * 5000, "a\0b", "", ".", "lines", "lines/job.json"))
        return kind, json.dumps({"command": "run", "job": f"none/{named}"}).encode()
    if kind == "long":
        return kind, b'{"command": "' + b"x" * int(pick(rng, (10**5, 10**6))) + b'"}'
    return kind, b"cancel"


@lru_cache
def _volume(role: str) -> bytes:
    """A volume as the panel writes it."""
    from StrokeSegLogic.space.volume import Volume
    from StrokeSegLogic.worker.volume_files import write_volume

    rng = np.random.default_rng(len(role))
    data = volumes.frames(rng).T if role == "CTP" else volumes.brain(rng).T.astype(np.float32)
    z, y, x = data.shape[-3:]
    grid = Grid((x, y, z), (9.0, 9.0, 9.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    with tempfile.TemporaryDirectory() as folder:
        write_volume(Path(folder, "x.npz"), Volume(np.ascontiguousarray(data), grid))
        return Path(folder, "x.npz").read_bytes()


def _spoiled(rng: np.random.Generator, content: bytes) -> tuple[str, bytes]:
    if chance(rng, 0.4):
        kind, content = damaged(rng, content, None)
        return f"volume: {kind}", content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    name = pick(rng, tuple(entries))
    kind = pick(rng, ("header", "header", "bytes", "array", "array", "missing", "named"))
    if kind == "header":
        # The sizes that the array's header claims.
        start = entries[name].index(b"(") + 1
        entries[name] = entries[name][:start] + number(rng).encode("utf-8", "surrogatepass") + entries[name][start:]
    elif kind == "bytes":
        entries[name] = damaged(rng, entries[name], 80)[1]
    elif kind == "array":
        file = io.BytesIO()
        np.save(file, pick(rng, _ODD_ARRAYS), allow_pickle=True)
        entries[name] = file.getvalue()
    elif kind == "missing":
        del entries[name]
    else:
        entries[text(rng).replace("\0", "")[:60] or "x"] = entries.pop(name)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for key, value in entries.items():
            archive.writestr(zipfile.ZipInfo(key.encode("utf-8", "replace").decode()), value)
    return f"volume: {kind} of {name}", file.getvalue()


_ODD_ARRAYS: tuple[Any, ...] = (
    np.array([np.nan, 1.0, 1.0]),
    np.array([0.0, 0.0, 0.0]),
    np.array([-1.0, 1e300, np.inf]),
    np.zeros(0),
    np.zeros((3, 3)),
    np.array("text"),
    np.array([None, 1], dtype=object),
    np.zeros((2, 2, 2, 2, 2)),
    np.zeros((4, 4, 4), np.complex64),
)


def _series(rng: np.random.Generator) -> tuple[str, bytes]:
    times = pick(
        rng, (None, [], [0.0], list(range(8)), [1e300] * 8, [2.0 * frame for frame in range(8)], ["a"] * 8, [0.0] * 8)
    )
    entry = {"file": "CTP.npz", "source": "a sequence", "times_s": times}
    values = {**_JOB, "modality": "ctp", "volumes": {"CTP": entry}, "options": {"device": "cpu"}}
    return "series", json.dumps(values).encode()


def _special(rng: np.random.Generator, folder: Path) -> Input:
    """A job's file that is none."""
    kind = pick(rng, ("pipe", "device", "folder", "loop", "empty"))
    path = folder / "job.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to("job.json")
    else:
        path.touch()
    return Input(f"job is a {kind}", ("job", "out/job.json"))
