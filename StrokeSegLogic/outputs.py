"""The files of one run, written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import OutputError
from .progress import Progress
from .report import write_report
from .segmentation import Segmentation
from .volumes import write_nifti

RESULT = "result.json"
NAMES = (
    "segmentation.seg.nrrd",
    "labels.nii.gz",
    "probability.nii.gz",
    "agreement.nii.gz",
    "report.html",
    "scene.mrb",
    RESULT,
)


def require_writable(folder: Path) -> None:
    """Refuses an output folder that nothing can be written to, before any long work; leaves nothing behind.

    Raises:
        OutputError: if the folder, or the nearest one above it that exists, cannot be written to.
    """
    existing = folder
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir():
        raise OutputError("is a file, not a folder", where=existing, fix="Choose another output folder")
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise _refused(existing, error) from error


def write_outputs(segmentation: Segmentation, folder: Path, progress: Progress | None = None) -> dict[str, Path]:
    """Writes every file of a result.

    All are written into a hidden folder beside the output first. A new output folder then appears by one rename.
    Into a folder that exists, the files are moved one by one, result.json being removed first and put in place last:
    a folder with a result.json is complete, whenever a run was killed.

    Args:
        segmentation: what to write.
        folder: made if missing; other files in it stay.
        progress: of the writing.

    Returns:
        The path of each file by its name.

    Raises:
        OutputError: if anything cannot be written; then the folder is as it was.
    """
    report = progress or Progress()
    with _draft(folder) as draft:
        for number, (name, write) in enumerate(_writers().items()):
            report(number / len(NAMES), f"writing {name}")
            write(segmentation, draft / name)
        report(1.0, "files written")
        _publish(draft, folder)
    return {name: folder / name for name in NAMES}


def _writers() -> dict[str, Callable[[Segmentation, Path], None]]:
    from .slicer_bridge.files import write_scene, write_segmentation

    return {
        "segmentation.seg.nrrd": write_segmentation,
        "labels.nii.gz": lambda segmentation, path: write_nifti(segmentation.labels, path),
        "probability.nii.gz": lambda segmentation, path: write_nifti(segmentation.probability, path),
        "agreement.nii.gz": lambda segmentation, path: write_nifti(segmentation.agreement, path),
        "report.html": write_report,
        "scene.mrb": write_scene,
        RESULT: _write_result,
    }


def _write_result(segmentation: Segmentation, path: Path) -> None:
    path.write_text(json.dumps(segmentation.summary(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A hidden folder beside the output that is gone afterwards; OS errors inside become OutputErrors."""
    made = _missing_parents(folder)
    draft: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".partial", dir=folder.parent))
        yield draft
    except OSError as error:
        raise _refused(folder, error) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        # Parents that this run made and that stayed empty go again; one that holds something stays.
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


def _missing_parents(folder: Path) -> list[Path]:
    return [parent for parent in folder.parents if not parent.exists()]


def _publish(draft: Path, folder: Path) -> None:
    # mkdtemp makes a private folder; a result has the permissions of any folder that the user makes.
    mask = os.umask(0)
    os.umask(mask)
    draft.chmod(0o777 & ~mask)
    if not folder.exists():
        draft.rename(folder)
        return
    (folder / RESULT).unlink(missing_ok=True)
    for name in NAMES:
        (draft / name).replace(folder / name)


def _refused(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot be written to ({error.strerror or error})",
        where=folder,
        fix="Free some space, or choose another folder with --output",
    )
