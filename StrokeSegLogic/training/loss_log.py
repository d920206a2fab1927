"""The course of a run: CSV files that survive a kill, TensorBoard, and a plot at the end."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import OutputError
from ..base.files import write_whole, written_aside

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

STEPS = ("step", "rate", "loss")
EPOCHS = ("epoch", "training", "validation", "phase")


class LossLog:
    """Losses of one stage: NAME-losses.csv by step, NAME-epochs.csv by epoch, tensorboard/NAME, NAME-losses.png.

    Rows wait in memory until `flush`, which is called before a checkpoint is written: rows that a kill leaves
    beyond the checkpoint are cut off on resuming.

    Args:
        folder: of the run.
        name: of the stage.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.steps = folder / f"{name}-losses.csv"
        self.epochs = folder / f"{name}-epochs.csv"
        self.picture = folder / f"{name}-losses.png"
        self._name = name
        self._events = folder / "tensorboard" / name
        self._writer: SummaryWriter | None = None
        self._step_rows: list[tuple[int, float, float]] = []
        self._epoch_rows: list[tuple[int, float, float, int]] = []

    @property
    def complete(self) -> bool:
        """Whether a run was brought to its end here: the plot is the last that is written."""
        return self.picture.is_file()

    def resume(self, steps: int, epochs: int) -> None:
        """Cuts the files back to the first steps and epochs, and opens TensorBoard's.

        Raises:
            OutputError: if they cannot be written.
        """
        from torch.utils.tensorboard import SummaryWriter

        with _writing(self.steps.parent):
            self.picture.unlink(missing_ok=True)
            trim(self.steps, STEPS, steps)
            trim(self.epochs, EPOCHS, epochs)
            self._writer = SummaryWriter(str(self._events), purge_step=steps)

    def step(self, step: int, rate: float, loss: float) -> None:
        self._step_rows.append((step, rate, loss))
        if self._writer is not None:
            self._writer.add_scalar("loss/step", loss, step)
            self._writer.add_scalar("rate", rate, step)

    def epoch(self, epoch: int, step: int, training: float, validation: float, phase: int) -> None:
        self._epoch_rows.append((epoch, training, validation, phase))
        if self._writer is not None:
            self._writer.add_scalar("loss/training", training, step)
            self._writer.add_scalar("loss/validation", validation, step)
            self._writer.add_scalar("phase", phase, step)

    def flush(self) -> None:
        """Writes the rows that wait.

        Raises:
            OutputError: if they cannot be written.
        """
        with _writing(self.steps.parent):
            append(self.steps, STEPS, self._step_rows)
            append(self.epochs, EPOCHS, self._epoch_rows)
            self._step_rows.clear()
            self._epoch_rows.clear()
            if self._writer is not None:
                self._writer.flush()

    def close(self) -> None:
        """Draws the plot of all that was written, and lets go of TensorBoard's file.

        Raises:
            OutputError: if something cannot be written.
        """
        self.flush()
        if self._writer is None:
            return
        with _writing(self.steps.parent):
            self._writer.close()
            self._writer = None
            draw(self.picture, self._name, read(self.steps), read(self.epochs))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"the log of losses cannot be written ({error.strerror or error})",
            where=folder,
            fix="Free some space and run the same command again: it goes on from the last good checkpoint",
        ) from error


def append(path: Path, header: Sequence[str], rows: Sequence[Sequence[float]]) -> None:
    """Adds rows to a CSV file, with its header if the file is new."""
    if not rows:
        return
    new = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(header)
        writer.writerows(rows)


def read(path: Path) -> list[dict[str, float]]:
    """The rows of such a file; none without a file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def trim(path: Path, header: Sequence[str], count: int) -> None:
    """Cuts a file back to the rows whose first column is below `count`; what a kill left half-written goes too."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    kept = list(takewhile(lambda row: len(row) == len(header) and int(row[0]) < count, rows))
    # The text as it was, so that no digit changes.
    write_whole(path, "".join(",".join(row) + "\r\n" for row in [list(header), *kept]).encode("utf-8"))


def draw(path: Path, title: str, steps: list[dict[str, float]], epochs: list[dict[str, float]]) -> None:
    """A PNG of the losses over steps, or over epochs where there is validation."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure((7.0, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    if epochs:
        count = [row["epoch"] + 1 for row in epochs]
        marker = "." if len(count) < 40 else ""
        # They are not one quantity: penalties on weights and the emphasis on some patients are training's alone.
        for part, label in (("training", "training, with penalties and emphasis"), ("validation", "validation")):
            axes.plot(count, [row[part] for row in epochs], label=label, marker=marker)
        for before, after in pairwise(epochs):
            if after["phase"] != before["phase"]:
                axes.axvline(before["epoch"] + 1.5, color="grey", linestyle=":", linewidth=1)
                words = f"phase {after['phase'] + 1:.0f}"
                across = axes.get_xaxis_transform()
                axes.text(before["epoch"] + 1.6, 0.98, words, transform=across, va="top", size=8)
        axes.set_xlabel("epoch")
    else:
        axes.plot([row["step"] + 1 for row in steps], [row["loss"] for row in steps], label="training", linewidth=0.8)
        axes.set_xlabel("step")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("loss")
    axes.set_title(title)
    axes.legend()
    axes.grid(alpha=0.3)
    with written_aside(path) as file:
        figure.savefig(file, dpi=110, format="png")
