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
    try:
        existing = _nearest(folder)
        if not existing.is_dir():
            raise OutputError("is a file, not a folder", where=existing, fix="Choose another output folder")
        if folder.is_symlink() and not folder.exists():
            raise OutputError("is a link to nowhere", where=folder, fix="Choose another output folder")
        _require_room_for_names(folder)
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise _refused(folder, error) from error


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    return existing


def write_outputs(segmentation: Segmentation, folder: Path, progress: Progress | None = None) -> dict[str, Path]:
    """Writes every file of a result.

    All are written into a hidden folder first. A new output folder then appears by one rename. In a folder that
    exists, the previous files are set aside and the new ones moved in, result.json out first and in last: a folder
    with a result.json is whole, whenever a run was killed. If moving fails, the previous files come back.

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
    """A hidden folder on the output's own disk that is gone afterwards; OS errors inside become OutputErrors.

    It lies inside the output folder if there is one (which may be a mount or a link, and its parent not writable),
    else where the output folder is to appear.
    """
    draft: Path | None = None
    made: list[Path] = []
    try:
        home = folder if folder.is_dir() else folder.absolute().parent
        made = [parent for parent in (home, *home.parents) if not parent.exists()]
        home.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".partial", dir=home))
        yield draft
    except OSError as error:
        raise _refused(folder, error) from error
    except OutputError as error:
        if draft is None or str(draft) not in (error.where or ""):
            raise
        # The draft will be gone when the user reads this: what they know is the folder.
        name = Path(str(error.where)).name
        raise OutputError(f"{name} {error.what}", where=folder, fix=error.fix) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        # Parents that this run made and that stayed empty go again; one that holds something stays.
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


def _publish(draft: Path, folder: Path) -> None:
    if not folder.is_dir():
        # mkdtemp makes a private folder; a result has the permissions of any folder that the user makes.
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o777 & ~mask)
        draft.rename(folder)
        return
    _require_room_for_names(folder)
    previous = draft / "previous"
    previous.mkdir()
    # result.json first out and last in: a folder that has one is whole.
    old = [name for name in reversed(NAMES) if (folder / name).exists()]
    moved: list[str] = []
    try:
        for name in old:
            (folder / name).rename(previous / name)
        for name in NAMES:
            (draft / name).rename(folder / name)
            moved.append(name)
    except BaseException:
        # An interrupt, too, must not leave half a result, nor take the previous one away.
        for name in moved:
            (folder / name).unlink()
        for name in reversed(old):
            if (previous / name).exists():
                (previous / name).rename(folder / name)
        raise


def _require_room_for_names(folder: Path) -> None:
    taken = [name for name in NAMES if (folder / name).is_dir()]
    if taken:
        raise OutputError(
            f"holds a folder named {taken[0]}, where a file is to be", where=folder, fix="Choose another output folder"
        )


def _refused(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot be written to ({error.strerror or error})",
        where=folder,
        fix="Free some space, or choose another folder with --output",
    )
