"""What a run is given and what it hands over."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from StrokeSegExtensionLib import runner as runner_file
from StrokeSegExtensionLib.study import Settings, StudyInputs

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.space.volume import Volume
from StrokeSegLogic.study.case import ClinicalData, Role
from StrokeSegLogic.worker.job import read_job
from StrokeSegLogic.worker.volume_files import read_volume

from .runner_bench import PLACE

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def test_a_run_hands_over_what_the_worker_wrote_until_it_is_released(bench: Callable) -> None:
    desk = bench("succeed")
    heard = desk.wait(desk.start())
    assert (heard.last_word, heard.begun, heard.record.reference) == ("finished", True, Role.DWI)
    assert heard.progress == [(0.0, "handing over the volumes"), (0.5, "half")]
    assert "Warning: mind the gap" in heard.log
    assert heard.volumes["labels"].read_bytes() == b"labels"
    assert not any(name.endswith(("DWI.npz", "job.json")) for name in desk.files), "the inputs' copies go at once"
    desk.runner.release()
    assert len(desk.files) == 1, "the session's folder"
    assert not heard.volumes["labels"].exists()


def test_the_result_before_stays_until_the_next_is_there(bench: Callable) -> None:
    desk = bench("succeed")
    first = desk.wait(desk.start())
    second = desk.start()
    assert first.volumes["labels"].exists()
    desk.wait(second)
    desk.clock.wait(lambda: not desk.runner._removals)
    assert not first.volumes["labels"].exists()
    assert second.volumes["labels"].exists()


def test_the_job_says_what_was_chosen(bench: Callable) -> None:
    desk = bench("wait_for_cancel")
    clinical = ClinicalData(70, 5, 2.5)
    settings = Settings(model="m", device="cpu", threshold=0.4, minimum_lesion_ml=0.1, agreement=False, maps=False)
    heard = desk.start(StudyInputs("mri", {Role.DWI: "n"}, clinical, Role.DWI, "Größe"), settings)
    desk.clock.wait(lambda: heard.begun)
    path = next(desk.temporary.rglob("job.json"))
    job = read_job(path)
    volume = read_volume(path.parent / "DWI.npz")
    desk.runner.cancel()
    desk.wait(heard)
    assert (job.name, job.modality, job.reference, job.clinical) == ("Größe", "mri", "DWI", clinical)
    assert (job.options.model, job.options.threshold, job.options.extras) == ("m", 0.4, ("probability", "report"))
    assert volume.array.shape == (2, 3, 4)


def test_an_error_of_the_worker_comes_in_its_own_words(bench: Callable) -> None:
    desk = bench("fail")
    heard = desk.wait(desk.start())
    assert (heard.last_word, str(heard.error)) == ("failed", "model: no lesion network. Install it.")
    assert len(desk.files) == 1
    assert desk.wait(desk.start()).last_word == "failed", "and the worker lives on"
    assert len(desk.workers) == 1


def test_nobody_waits_for_files_that_are_deleted(bench: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = bench("succeed")
    heard = desk.wait(desk.start())
    delete, may_go = runner_file.shutil.rmtree, threading.Event()

    def delete_slowly(*arguments: Any, **options: Any) -> None:
        assert may_go.wait(20)
        delete(*arguments, **options)

    monkeypatch.setattr(runner_file.shutil, "rmtree", delete_slowly)
    desk.runner.release()
    again = desk.wait(desk.start())
    assert again.last_word == "finished"
    assert heard.volumes["labels"].exists()
    may_go.set()
    desk.clock.wait(lambda: not heard.volumes["labels"].exists())


def test_volumes_that_cannot_be_written_are_named(bench: Callable) -> None:
    desk = bench("succeed")
    complex_voxels = Volume(np.zeros(PLACE.shape, complex), PLACE, "n")
    heard = desk.wait(desk.start(voxels={"n": complex_voxels}))
    assert heard.last_word == "failed"
    assert "no real number" in heard.error.what
    assert len(desk.files) == 1


def test_without_a_folder_for_temporary_files_a_run_does_not_start(bench: Callable) -> None:
    desk = bench("succeed")
    desk.temporary.rmdir()
    try:
        with pytest.raises(StrokeSegError, match="no temporary folder"):
            desk.start()
    finally:
        desk.temporary.mkdir()


@pytest.mark.slow
def test_the_real_worker_segments_cancels_and_serves_again(
    bench: Callable, phantom: MriPhantom, untrained: Bundle
) -> None:
    desk = bench(None)
    inputs = StudyInputs(volumes={Role.DWI: "a", Role.FLAIR: "b"})
    voxels = {handle: Volume.of(phantom.images[role], "phantom") for role, handle in inputs.volumes.items()}
    settings = Settings(model=str(untrained.folder), device="cpu")
    # Many passes through the networks, so that the cancel comes among them on any machine.
    heard = desk.start(inputs, replace(settings, flips=True, reproducible=True), voxels)
    desk.clock.wait(lambda: any("plane" in stage for _, stage in heard.progress))
    desk.runner.cancel()
    assert desk.wait(heard).last_word == "cancelled"

    heard = desk.wait(desk.start(inputs, settings, voxels))
    assert heard.last_word == "finished", (heard.error, heard.log)
    assert len(desk.workers) == 1
    labels = read_volume(heard.volumes["labels"])
    assert labels.array.shape == voxels["a"].array.shape
    assert labels.grid == voxels["a"].grid
    assert set(heard.volumes) == {"labels", "brain", "probability", "agreement"}
    assert heard.record.reference is Role.DWI
