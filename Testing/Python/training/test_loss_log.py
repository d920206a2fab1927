"""The course of a run, as CSV, TensorBoard's events and a plot."""

from __future__ import annotations

from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.training.loss_log import LossLog, read


@pytest.fixture(autouse=True)
def losses_undrawn() -> None:
    """Here they are drawn."""


def begun(folder: Path, steps: int = 6, start: int = 0, epoch: int = 2) -> LossLog:
    """A log with steps and epochs in it, not yet written."""
    log = LossLog(folder, "axial")
    log.resume(start, start // epoch)
    for step in range(start, steps):
        log.step(step, 1e-3, 1 / (step + 3))
        if (step + 1) % epoch == 0:
            log.epoch(step // epoch, step, 1 / (step + 3), 2 / (step + 3), int(step > 3))
    return log


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(folder / "tensorboard" / "axial")).Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_rows_are_written_when_flushed_and_no_digit_is_lost(tmp_path: Path) -> None:
    log = begun(tmp_path)
    assert not log.steps.exists()
    log.flush()
    assert [row["loss"] for row in read(log.steps)] == [1 / (step + 3) for step in range(6)]
    assert log.epochs.read_text(encoding="utf-8").splitlines()[0] == "epoch,training,validation,phase"
    assert [row["phase"] for row in read(log.epochs)] == [0, 0, 1]
    log.close()


def test_resuming_cuts_off_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    begun(tmp_path / "whole", 6).close()
    begun(tmp_path / "killed", 5).flush()
    begun(tmp_path / "killed", 6, start=3).close()
    for name in ("axial-losses.csv", "axial-epochs.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("torn", ["3", "3,0.00", "3,0.001,0.1", "\n"])
def test_a_row_that_a_kill_tore_is_cut_off_too(tmp_path: Path, torn: str) -> None:
    begun(tmp_path, 3).flush()
    path = tmp_path / "axial-losses.csv"
    good = path.read_bytes()
    with path.open("a", encoding="utf-8") as file:
        file.write(torn)
    LossLog(tmp_path, "axial").resume(3, 1)
    assert path.read_bytes() == good


def test_tensorboard_reads_every_scalar(tmp_path: Path) -> None:
    begun(tmp_path).close()
    found = scalars(tmp_path)
    assert set(found) == {"loss/step", "rate", "loss/training", "loss/validation", "phase"}
    assert found["loss/step"] == [(step, pytest.approx(1 / (step + 3))) for step in range(6)]
    assert found["loss/validation"] == [(step, pytest.approx(2 / (step + 3))) for step in (1, 3, 5)]
    assert found["phase"] == [(1, 0), (3, 0), (5, 1)]


def test_tensorboard_does_not_show_steps_twice_after_a_kill(tmp_path: Path) -> None:
    begun(tmp_path, 5).flush()
    begun(tmp_path, 6, start=3).close()
    assert [step for step, _ in scalars(tmp_path)["loss/step"]] == list(range(6))


def test_closing_draws_a_plot_that_is_the_mark_of_the_end(tmp_path: Path) -> None:
    log = begun(tmp_path)
    assert not log.complete
    log.close()
    assert log.complete
    assert log.picture.read_bytes().startswith(b"\x89PNG")
    assert LossLog(tmp_path, "axial").complete


def test_a_run_without_epochs_is_drawn_over_its_steps(tmp_path: Path) -> None:
    begun(tmp_path, 30, epoch=1000).close()
    assert not (tmp_path / "axial-epochs.csv").exists()
    assert (tmp_path / "axial-losses.png").stat().st_size > 5000


def test_a_log_that_cannot_be_written_is_an_error_of_one_line(tmp_path: Path) -> None:
    log = begun(tmp_path)
    log.steps.mkdir()
    with pytest.raises(OutputError, match=r"the log of losses cannot be written .* run the same command again"):
        log.flush()
